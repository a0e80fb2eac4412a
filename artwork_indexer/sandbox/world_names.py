"""Invented names in many scripts, as MusicBrainz editors would enter them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Act:
    """An artist; ``credited`` is another name found on sleeves."""

    name: str
    sort_name: str
    credited: str = ""
    person: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What one country publishes: ISO codes, acts, release titles and venues."""

    country: str
    language: str
    script: str
    acts: tuple[Act, ...]
    titles: tuple[str, ...]
    venues: tuple[tuple[str, str], ...]
    """Names and addresses."""


LANGUAGES: Final = {
    "eng": "English",
    "deu": "German",
    "fra": "French",
    "isl": "Icelandic",
    "vie": "Vietnamese",
    "rus": "Russian",
    "ell": "Greek",
    "jpn": "Japanese",
    "zho": "Chinese",
    "kor": "Korean",
    "ara": "Arabic",
    "heb": "Hebrew",
    "tha": "Thai",
    "hin": "Hindi",
    "got": "Gothic",
}
"""Names by ISO 639-3 code; Gothic is written outside the Basic Multilingual Plane."""

SCRIPTS: Final = {
    "Latn": ("215", "Latin"),
    "Cyrl": ("220", "Cyrillic"),
    "Grek": ("200", "Greek"),
    "Jpan": ("413", "Japanese"),
    "Hant": ("502", "Han (Traditional variant)"),
    "Kore": ("287", "Korean"),
    "Arab": ("160", "Arabic"),
    "Hebr": ("125", "Hebrew"),
    "Thai": ("352", "Thai"),
    "Deva": ("315", "Devanagari"),
    "Goth": ("206", "Gothic"),
}
"""ISO 15924 numbers and names by code."""

COUNTRIES: Final = {
    "US": "United States",
    "DE": "Germany",
    "FR": "France",
    "IS": "Iceland",
    "VN": "Vietnam",
    "RU": "Russia",
    "GR": "Greece",
    "JP": "Japan",
    "TW": "Taiwan",
    "KR": "South Korea",
    "EG": "Egypt",
    "IL": "Israel",
    "TH": "Thailand",
    "IN": "India",
    "XE": "Europe",
    "XW": "[Worldwide]",
}

SCENES: Final = (
    Scene(
        "US",
        "eng",
        "Latn",
        (
            Act("The Copper Lanterns", "Copper Lanterns, The", "Copper Lanterns"),
            Act("Marla Quill", "Quill, Marla", "M. Quill", person=True),
            Act("!Static & <Noise>", "!Static & <Noise>"),
        ),
        ("Slow Rivers", 'Rock & Roll "Machine"', "Don't Wait <Up>", "…and Then Silence"),
        (("Bellweather Hall", "401 Canal Street, New Orleans, LA 70130"),),
    ),
    Scene(
        "DE",
        "deu",
        "Latn",
        (
            Act("Blaue Kähne", "Blaue Kähne"),
            Act("Jörg Süßmilch", "Süßmilch, Jörg", "Joerg Suessmilch", person=True),
        ),
        ("Über den Dächern", "Größenwahn", "Früher war mehr Straße"),
        (("Alte Mälzerei", "Mühlstraße 5, 93053 Regensburg"),),
    ),
    Scene(
        "FR",
        "fra",
        "Latn",
        (
            Act("Élodie Maçon", "Maçon, Élodie", "Élodie M.", person=True),
            Act("L’Œuf à la coque", "Œuf à la coque, L’"),
        ),
        ("Où naît l’été", "Cœurs brisés", "Garçon manqué"),
        (("Théâtre du Chêne", "12 rue de l’Église, 69005 Lyon"),),
    ),
    Scene(
        "IS",
        "isl",
        "Latn",
        (Act("Þögn og Ærsl", "Þögn og Ærsl"), Act("Sigríður Ýr", "Sigríður Ýr", person=True)),
        ("Hrafntinnusker", "Ó, blíða þögn"),
        (("Fríkirkjan", "Fríkirkjuvegur 5, 101 Reykjavík"),),
    ),
    Scene(
        "VN",
        "vie",
        "Latn",
        (Act("Nguyễn Thị Hoài", "Nguyễn, Thị Hoài", "Hoài", person=True),),
        ("Những mùa hoa cũ", "Đường về phía biển"),
        (("Nhà hát Bến Thành", "6 Mạc Đĩnh Chi, Quận 1"),),
    ),
    Scene(
        "RU",
        "rus",
        "Cyrl",
        (
            Act("Северный ветер", "Severnyi veter", "Northern Wind"),
            Act("Ольга Щукина", "Shchukina, Olga", "О. Щукина", person=True),
        ),
        ("Вечерний звон", "Ёлки-палки", "Съешь ещё этих мягких булок"),
        (("Дом культуры «Маяк»", "ул. Ленина, 17, Екатеринбург"),),
    ),
    Scene(
        "GR",
        "ell",
        "Grek",
        (
            Act("Οι Ταξιδιώτες", "Taxidiotes, Oi", "Taxidiotes"),
            Act("Ελένη Ψαρρά", "Psarra, Eleni", person=True),
        ),
        ("Νύχτες στο λιμάνι", "Άνοιξη ξανά"),
        (("Μύλος", "Ανδρέου Γεωργίου 56, Θεσσαλονίκη"),),
    ),
    Scene(
        "JP",
        "jpn",
        "Jpan",
        (
            Act("夜明けの鯨", "Yoake no Kujira", "YOAKE NO KUJIRA"),
            Act("高橋ゆずり葉", "Takahashi, Yuzuriha", "ゆずり葉", person=True),
            Act("♡きらめき☆研究所", "Kirameki Kenkyuujo"),
        ),
        ("雨のち銀河", "さよならメトロポリス", "We♥テクノ -mission style-", "𠮷野の桜"),
        (("渋谷クラブ「ひばり」", "東京都渋谷区道玄坂2-29-5"),),
    ),
    Scene(
        "TW",
        "zho",
        "Hant",
        (Act("海邊的信箱", "Hai bian de xin xiang"), Act("林曉霧", "Lin, Xiao-wu", person=True)),
        ("城市以南", "一萬個夏天", "聽見風的聲音"),
        (("河岸音樂廳", "臺北市中正區羅斯福路三段244號"),),
    ),
    Scene(
        "KR",
        "kor",
        "Kore",
        (Act("푸른달", "Pureundal", "BLUE MOON"), Act("김하람", "Kim, Haram", person=True)),
        ("겨울 바다로", "별이 빛나는 골목"),
        (("홍대 소극장 봄", "서울특별시 마포구 와우산로 94"),),
    ),
    Scene(
        "EG",
        "ara",
        "Arab",
        (
            Act("فرقة نسيم النيل", "Nasim an-Nil, Firqat", "Nile Breeze"),
            Act("ليلى القاضي", "Qadi, Layla al-", person=True),
        ),
        ("على ضفاف النيل", "يا ليل"),
        (("مسرح النخيل", "١٢ شارع قصر النيل، القاهرة"),),
    ),
    Scene(
        "IL",
        "heb",
        "Hebr",
        (Act("רוח מזרחית", "Ruach Mizrachit"), Act("נועה ברקאי", "Barkai, Noa", person=True)),
        ("שירים מהגג", "בין ערביים"),
        (("מועדון הצוללת", "האומן 13, ירושלים"),),
    ),
    Scene(
        "TH",
        "tha",
        "Thai",
        (Act("วงดาวเหนือ", "Dao Nuea, Wong"), Act("มาลี สุขใจ", "Suk-jai, Malee", person=True)),
        ("ฝนที่ปลายฟ้า", "กลับบ้านเรา"),
        (("หอประชุมริมน้ำ", "ถนนเจริญกรุง กรุงเทพฯ"),),
    ),
    Scene(
        "IN",
        "hin",
        "Deva",
        (Act("सात सुर", "Saat Sur", "Saat Sur"), Act("मीरा जोशी", "Joshi, Meera", person=True)),
        ("बारिश की धुन", "शाम-ए-बनारस"),
        (("रवींद्र भवन", "श्यामला हिल्स, भोपाल"),),
    ),
    Scene(
        "XW",
        "got",
        "Goth",
        (Act("𐌲𐌿𐍄𐌰𐌽𐍃 🎺", "Gutans", "👾 Gutans"),),
        ("𐍅𐌰𐌿𐍂𐌳 🌊🌊", "🐋 (whale song) 👩🏽‍🎤"),
        (("𐌰𐌻𐌷𐍃", ""),),
    ),
)

TITLE_ENDINGS: Final = ("", "", "", " II", " (live)", " (deluxe edition)", ": 1987–1999", " EP")
COMMENTS: Final = ("", "", "", "page 1", "obi strip", "❇", "デジパック", "лицевая сторона", "💿")
JOIN_PHRASES: Final = (" & ", " feat. ", ", ", " × ", " и ", " with ")
SETLIST: Final = (
    "@ {main}\n* Intro\n* {title}\n# stopped by rain & thunder\n\n@ {support}\n* „Zugabe“ <encore>"
)
