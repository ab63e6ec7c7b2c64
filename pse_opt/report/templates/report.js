"use strict";
(() => {
  const STEP = 100;
  const order = new Intl.Collator(undefined, { numeric: true });

  // "1,234", "12.5%", "-3" are numbers; a dash is none, and goes last.
  const number = (text) => parseFloat(text.replace(/[,%\s+]/g, ""));

  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  const prepare = (table) => {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    let rows = [...body.rows];
    let limit = STEP;
    const long = table.hasAttribute("data-long");
    const said = element("span", { role: "status" });
    const more = element("button", { type: "button", textContent: `Show ${STEP} more` });
    const all = element("button", { type: "button", textContent: "Show all" });
    const field = element("input", { type: "search", autocomplete: "off" });
    const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

    const show = () => {
      const wanted = field.value.trim().toLowerCase();
      let found = 0;
      for (const row of rows) {
        const fits = !wanted || texts.get(row).includes(wanted);
        row.hidden = !fits || found >= limit;
        found += fits ? 1 : 0;
      }
      more.hidden = all.hidden = found <= limit;
      const shown = Math.min(found, limit).toLocaleString("en");
      said.textContent = `${shown} of ${found.toLocaleString("en")} rows shown`;
    };

    const sort = (head, column) => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const numeric = head.classList.contains("n");
      const key = (row) => row.cells[column].textContent;
      const keyed = rows.map((row) => [numeric ? number(key(row)) : key(row), row]);
      const direction = up ? 1 : -1;
      keyed.sort(([a], [b]) => {
        if (!numeric) return direction * order.compare(a, b);
        if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
        return direction * (a - b);
      });
      rows = keyed.map(([, row]) => row);
      body.append(...rows);
      if (long) show();
    };

    if (rows.length > 3 && !table.closest(".answer")) {
      heads.forEach((head, column) => {
        if (head.tagName !== "TH") return;
        const button = element("button", { type: "button", textContent: head.textContent });
        button.addEventListener("click", () => sort(head, column));
        head.replaceChildren(button);
      });
    }
    if (!long) return;
    const label = element("label", {}, "Find: ", field);
    const tools = element("div", { className: "tools" }, label, said, more, all);
    table.parentElement.before(tools);
    field.addEventListener("input", () => { limit = STEP; show(); });
    more.addEventListener("click", () => { limit += STEP; show(); });
    all.addEventListener("click", () => { limit = Infinity; show(); });
    show();
  };

  const lazily = (table) => {
    const folded = table.closest("details");
    if (!folded) return prepare(table);
    folded.addEventListener("toggle", () => prepare(table), { once: true });
  };
  document.querySelectorAll("main table").forEach(lazily);

  // What is folded away is printed too, as far as a page has room.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const folded of opened) folded.open = true;
  });
  addEventListener("afterprint", () => {
    for (const folded of opened) folded.open = false;
  });
})();
