"""Kenya's sub-counties: a place in each that health facilities are named after.

Sub-counties that are not listed have facilities of their own name.
"""

from __future__ import annotations

SEATS = {
    "baringo": {
        "Baringo Central": "Kabarnet", "Baringo North": "Kabartonjo", "East Pokot": "Chemolingot",
        "Koibatek": "Eldama Ravine", "Tiaty East": "Tangulbei",
    },
    "bomet": {
        "Bomet Central": "Tenwek", "Bomet East": "Longisa", "Chepalungu": "Sigor",
        "Konoin": "Mogogosiek",
    },
    "bungoma": {
        "Bungoma Central": "Chwele", "Bungoma East": "Webuye", "Bungoma North": "Naitiri",
        "Bungoma South": "Bungoma", "Bungoma West": "Sirisia", "Kimilili-Bungoma": "Kimilili",
        "Webuye West": "Bokoli",
    },
    "busia": {"Bunyala": "Port Victoria", "Samia": "Sio Port", "Teso South": "Amukura"},
    "elgeyo-marakwet": {
        "Keiyo North": "Iten", "Keiyo South": "Chepkorio", "Marakwet East": "Tot",
        "Marakwet West": "Kapsowar",
    },
    "embu": {
        "Embu East": "Runyenjes", "Embu North": "Kairuri", "Embu West": "Embu",
        "Mbeere North": "Ishiara", "Mbeere South": "Kiritiri",
    },
    "garissa": {"Lagdera": "Modogashe"},
    "homa-bay": {
        "Rachuonyo East": "Kabondo", "Rachuonyo North": "Kendu", "Rachuonyo South": "Rachuonyo",
        "Suba North": "Mbita", "Suba South": "Suba",
    },
    "kajiado": {
        "Kajiado Central": "Kajiado AIC", "Kajiado North": "Ngong", "Kajiado West": "Entasopia",
        "Mashuuru": "Mashuru",
    },
    "kakamega": {
        "Kakamega Central": "Kakamega", "Kakamega East": "Shibwe", "Kakamega North": "Malava",
        "Kakamega South": "Iguhu", "Mumias East": "Shianda", "Mumias West": "Mumias",
    },
    "kericho": {"Bureti": "Kapkatet", "Kericho East": "Kericho", "Soin Sigowet": "Sigowet"},
    "kiambu": {
        "Gatundu North": "Igegania", "Gatundu South": "Gatundu", "Kabete": "Wangige",
        "Kiambaa": "Karuri", "Thika East": "Ngoliba", "Thika West": "Thika",
    },
    "kilifi": {
        "Chonyi": "Chasimba", "Kauma": "Jaribuni", "Kilifi North": "Kilifi",
        "Kilifi South": "Mtwapa", "Magarini": "Marereni",
    },
    "kirinyaga": {
        "Kirinyaga Central": "Kerugoya", "Kirinyaga East": "Kianyaga",
        "Kirinyaga West": "Baricho", "Mwea East": "Kimbimbi", "Mwea West": "Thiba",
    },
    "kisii": {
        "Gucha South": "Nduru", "Kisii Central": "Kisii", "Kisii South": "Iyabe",
        "Kitutu Central": "Mosocho", "Masaba South": "Masimba", "Sameta": "Itumbe",
    },
    "kisumu": {
        "Kisumu Central": "Kisumu", "Kisumu East": "Gita", "Kisumu West": "Chulaimbo",
        "Nyando": "Ahero", "Seme": "Kombewa",
    },
    "kitui": {
        "Kitui Central": "Kitui", "Lower Yatta": "Kanyangi", "Mutitu North": "Endau",
        "Mwingi Central": "Mwingi", "Mwingi East": "Nuu", "Nzambani": "Chuluni",
        "Thagicu": "Kamayangi",
    },
    "kwale": {"Samburu-Kwale": "Samburu"},
    "laikipia": {
        "Laikipia Central": "Lamuria", "Laikipia East": "Nanyuki", "Laikipia North": "Doldol",
        "Laikipia West": "Rumuruti",
    },
    "lamu": {"Lamu East": "Faza", "Lamu West": "Mpeketoni"},
    "machakos": {"Yatta": "Matuu"},
    "makueni": {"Mbooni East": "Kisau", "Mbooni West": "Mbooni", "Nzaui": "Matiliku"},
    "mandera": {
        "Kutulo": "Kotulo", "Mandera Central": "Elwak", "Mandera East": "Mandera",
        "Mandera North": "Rhamu", "Mandera West": "Takaba",
    },
    "marsabit": {
        "Marsabit Central": "Marsabit", "Marsabit North": "Maikona", "Marsabit South": "Laisamis",
    },
    "meru": {
        "Buuri East": "Timau", "Buuri West": "Kibirichia", "Igembe Central": "Kangeta",
        "Igembe North": "Laare", "Igembe South": "Maua", "Imenti North": "Meru",
        "Imenti South": "Nkubu", "Meru Central": "Githongo", "Tigania Central": "Mikinduri",
        "Tigania East": "Muthara", "Tigania West": "Miathene",
    },
    "migori": {
        "Kuria East": "Ntimaru", "Kuria West": "Kuria", "Nyatike": "Macalder",
        "Suna East": "Migori", "Suna West": "Nyamaraga",
    },
    "mombasa": {"Nyali": "Kongowea"},
    "muranga": {
        "Kahuro": "Muriranjas", "Mathioya": "Kiria-Ini", "Murang'a East": "Murang'a",
        "Murang'a South": "Maragua",
    },
    "nairobi-city": {
        "Kamukunji": "Eastleigh", "Kibra": "Kibera", "Lang'ata": "Langata", "Starehe": "Ngara",
    },
    "nakuru": {
        "Kuresoi North": "Sirikwa", "Kuresoi South": "Olenguruone", "Nakuru East": "Nakuru",
        "Nakuru North": "Bahati",
    },
    "nandi": {
        "Chesumei": "Mosoriot", "Nandi Central": "Kapsabet", "Nandi East": "Nandi Hills",
        "Nandi North": "Kabiyet", "Nandi South": "Kaptumo",
    },
    "narok": {
        "Narok East": "Ntulele", "Narok North": "Narok", "Narok South": "Ololulunga",
        "Narok West": "Talek", "Trans Mara East": "Emurua Dikirr", "Trans Mara West": "Kilgoris",
    },
    "nyamira": {"Masaba North": "Rigoma", "Nyamira South": "Nyamira"},
    "nyandarua": {
        "Kipipiri": "Wanjohi", "Nyandarua Central": "Olkalou", "Nyandarua North": "Ndaragwa",
        "Nyandarua South": "Njabini", "Nyandarua West": "Oljororok",
    },
    "nyeri": {
        "Kieni East": "Naromoru", "Kieni West": "Mweiga", "Mathira East": "Karatina",
        "Mathira West": "Ruguru", "Mukurwe-ini": "Mukurweini", "Nyeri Central": "Nyeri",
        "Nyeri South": "Othaya", "Tetu": "Wamagana",
    },
    "samburu": {
        "Samburu Central": "Maralal", "Samburu East": "Wamba", "Samburu North": "Baragoi",
    },
    "siaya": {"Gem": "Yala", "Rarieda": "Madiany", "Ugenya": "Ukwala", "Ugunja": "Ambira"},
    "taita-taveta": {"Taita": "Wesu"},
    "tana-river": {"Tana Delta": "Garsen", "Tana North": "Bura", "Tana River": "Hola"},
    "tharaka-nithi": {
        "Igambang'ombe": "Kajuki", "Maara": "Chogoria", "Meru South": "Chuka",
        "Tharaka North": "Gatunga", "Tharaka South": "Tharaka",
    },
    "trans-nzoia": {"Trans Nzoia East": "Kapsara", "Trans Nzoia West": "Kitale"},
    "turkana": {
        "Loima": "Lorugum", "Turkana Central": "Lodwar", "Turkana East": "Lokori",
        "Turkana North": "Lokitaung", "Turkana South": "Lokichar", "Turkana West": "Kakuma",
    },
    "uasin-gishu": {"Kapseret": "Kapsaret"},
    "wajir": {
        "Wajir East": "Wajir", "Wajir North": "Bute", "Wajir South": "Diff",
        "Wajir West": "Griftu",
    },
    "west-pokot": {
        "Kipkomo": "Chepareria", "Pokot Central": "Sigor", "Pokot North": "Kacheliba",
        "Pokot South": "Kabichbich", "West Pokot": "Kapenguria",
    },
}  # fmt: skip
