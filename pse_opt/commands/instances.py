"""``python -m pse_opt list``, ``show``, ``new`` and ``check``: what there is, and one's own."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

from pse_opt import arguments as arg
from pse_opt import resources, terminal
from pse_opt.errors import InputError, Problem, nearest

__all__ = ["check", "list_", "new", "show"]


@arg.grouped
def list_(*, screen: arg.Screen) -> None:
    """List the shipped instances, models and suites with one line each."""
    from pse_opt.bench.suites import read_suite, suite_names
    from pse_opt.listing import listing
    from pse_opt.policy import read_policy
    from pse_opt.recipes import outline, unbuilt

    arg.load_plugins(screen.plugin)
    instances = [outline(name) for name in resources.names("instances", "instance.toml")]
    recipes = [outline(name) for name in unbuilt()]
    known = resources.names("models", "model.toml")
    models = [{"name": name, "title": read_policy(name).title} for name in known]
    suites = [{"name": name, "title": read_suite(name).title} for name in suite_names()]
    data = {"instances": instances, "recipes": recipes, "models": models, "suites": suites}
    screen.answer(listing(instances, recipes, {"models": models, "suites": suites}), data)


@arg.grouped
def show(name: arg.Named, *, maths: arg.Maths = False, screen: arg.Screen) -> None:
    """Show an instance or a model in detail."""
    from pse_opt.io import load_instance
    from pse_opt.listing import instance_screen, maths_screen, model_screen
    from pse_opt.manual import equations
    from pse_opt.policy import read_policy
    from pse_opt.recipes import sizes_of

    arg.load_plugins(screen.plugin)
    if _is_model(name):
        policy = read_policy(name)
        shown = maths_screen(policy) if maths else model_screen(policy)
        screen.answer(shown, {"maths": equations(policy)} if maths else dict(policy.document))
        return
    if maths:
        known = resources.names("models", "model.toml")
        remedy = f"name a model: {', '.join(known)}"
        raise InputError([Problem(name, "only models have equations", remedy)])
    instance = load_instance(name)
    data = {**instance.about.to_document(), "counts": sizes_of(instance)}
    screen.answer(instance_screen(instance), data)


def _is_model(name: str) -> bool:
    """Whether a name means a model; refuse what is neither a model nor an instance."""
    models = resources.names("models", "model.toml")
    instances = resources.names("instances", "instance.toml")
    path = Path(name)
    if name in models or (path.suffix == ".toml" and path.name != "instance.toml"):
        return True
    if name in instances or path.exists() or "@" in name:
        return (path / "model.toml").is_file() and not (path / "instance.toml").is_file()
    message = "there is no instance and no model of this name"
    raise InputError([Problem(name, message, nearest(name, instances + models, listing=40))])


@arg.grouped
def new(folder: arg.Folder, *, reply: arg.Reply) -> None:
    """Create a small working instance with the data dictionary, to edit."""
    import tomli_w

    from pse_opt.dictionary import data_dictionary
    from pse_opt.io import write_text

    arg.refuse_full(folder, "name a folder that does not exist yet")
    source = resources.resolve("tiny-two-districts", "instances", "instance.toml")
    document = tomllib.loads((source / "instance.toml").read_text(encoding="utf-8"))
    document["name"] = folder.resolve().name
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.csv")):
        shutil.copyfile(path, folder / path.name)
    write_text(folder / "instance.toml", tomli_w.dumps(document, multiline_strings=True))
    write_text(folder / "DATA-DICTIONARY.md", data_dictionary())
    lines = f"{folder} holds a working instance. Edit its tables, then:\n"
    for command in ("check {}", "solve {} --model core"):
        lines += f"  python -m pse_opt {command.format(terminal.quoted(folder))}\n"
    reply.answer(lines.rstrip(), {"folder": str(folder)})


@arg.grouped
def check(instance: arg.InstanceName, *, screen: arg.Screen) -> None:
    """Validate an instance: all problems at once, each with table, row, column and remedy."""
    from pse_opt.io import load_instance
    from pse_opt.listing import check_screen

    arg.load_plugins(screen.plugin)
    found = load_instance(instance)
    data = {"problems": [], "warnings": [w.to_dict() for w in found.warnings]}
    screen.answer(check_screen(found), data)
