"""Every colour of pages, live views and pictures, each written down once.

Python takes a colour from :data:`LIGHT`, style sheets and scripts take it as a custom property,
``var(--amber)``, from what :func:`custom_properties` and :func:`page_colours` write.
"""

from PIL import ImageColor

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#a39400")
"""Okabe and Ito's colours, the last one darker: told apart by colour-blind readers."""

LIGHT = {
    "ground": "#ffffff",
    "raised": "#f6f7f9",
    "ink": "#1a1e23",
    "soft": "#59626d",
    "hair": "#dfe3e8",
    "line": "#222222",
    "accent": "#2f5d8a",
    "normal": "#4477aa",
    "anomalous": "#cc3311",
    "unknown": "#777777",
    "hollow": "#b9c0c8",
    "amber": "#ee9a00",
    "amber-ink": "#8a5200",
    "amber-ground": "#fff4df",
    "score-low": "#c9dcec",
    "checked-dark": "#9a9a9a",
    "checked-light": "#c4c4c4",
    "grid": "#e5e5e5",
    "axis": "#bbbbbb",
    # on the dark ground of clouds, whatever the theme
    "night": "#06080c",
    "night-live": "#0b0e13",
    "night-ink": "#e6eaee",
    "night-soft": "#b9c2cc",
    "night-line": "#9aa6b3",
    "night-warning": "#ffd27a",
    "amber-bright": "#ffb733",
    "sigma": "#d5d9de",
    "raises-odds": "#de4a29",
    "lowers-odds": "#5694ce",
    "nothing": "#000003",
    **{f"series-{number}": colour for number, colour in enumerate(SERIES, start=1)},
}
"""Name -> colour on light ground; ``amber`` marks what is selected or beyond a threshold."""

DARK = {
    "ground": "#14171b",
    "raised": "#1c2127",
    "ink": "#e9ecef",
    "soft": "#a7b0ba",
    "hair": "#323a43",
    "line": "#f2f2f2",
    "accent": "#8dbbe6",
    "normal": "#6f9fd0",
    "anomalous": "#ee6a4a",
    "unknown": "#9a9a9a",
    "hollow": "#56606b",
    "amber-ink": "#ffc062",
    "amber-ground": "#33270f",
    "score-low": "#33506b",
}
"""The same for those that differ on dark ground."""

_BLUE, _RED = LIGHT["normal"], LIGHT["anomalous"]

PALETTES = {
    "inferno": f"{LIGHT['nothing']} #0b0726 #240b4e #410967 #5d126e #781c6d #932567 #ae305b "
    "#c73e4c #dc5039 #ed6825 #f7850e #fba40a #f9c52c #f2e660 #fcfea4",
    "viridis": "#440154 #481a6c #472f7d #414487 #39568c #31688e #2a788e #23888e "
    "#1f988b #22a884 #35b779 #54c568 #7ad151 #a5db36 #d2e21b #fde725",
    "amber": f"#7a4a00 #c98200 {LIGHT['amber']} {LIGHT['amber-bright']} #ffcf6b",
    "slate": "#10161e #18212c #212d3b #2b3a4b #36485c #425770",
    "red": f"#4a1206 #8c230c {_RED} #f0592f #ff8a5c #ffc4a8",
    "ice": f"#0b1220 #14243c #21405f #3b6690 {DARK['normal']} #b5d3ee #f2f9ff",
    "ash": "#141a21 #242d37 #38434f #505d6b #6c7a89 #8e9ba9",
    "diverging": f"#1f4e79 {_BLUE} #8fb3d6 #d3e1ee #f7f7f5 #f6dcd3 #e99a80 {_RED} #86200a",
    "diverging_dark": f"#cfe6ff #86bcee {_BLUE} #1f3b58 #050608 #5c1e0e {_RED} #ff8a5c #ffdcc4",
}
"""Colours at equal steps: two sequential ones; amber for what is selected, red for defects, slate
for a quiet ground, ice and ash for what is not selected; and two that diverge from blue to red
around a light and a dark middle."""

MAP_RAMPS = {
    "amber to red": (LIGHT["amber"], LIGHT["anomalous"]),
    "sky to blue": ("#3c96ff", "#0a28be"),
    "orchid to violet": ("#cf6cff", "#6a0fb0"),
    "lime to green": ("#c8f000", "#2c8a00"),
}
"""Colours of anomaly maps at the threshold and at four times it; each grows darker, so that its
order is seen without colour."""


def rgb(name: str) -> tuple[int, int, int]:
    """Return a colour on light ground as red, green and blue from 0 to 255.

    Examples
    --------
    >>> rgb("amber")
    (238, 154, 0)
    """
    return ImageColor.getrgb(LIGHT[name])[:3]


def custom_properties(selector: str, colours: dict[str, str] = LIGHT, scheme: str = "") -> str:
    """Write colours as custom properties of a selector, for a style sheet.

    Parameters
    ----------
    selector : str
    colours : dict
        Name -> colour.
    scheme : {"light", "dark", ""}
        What the browser is told to draw scroll bars and widgets for, if anything.

    Examples
    --------
    >>> custom_properties(":host", {"ink": "black"})
    ':host { --ink: black; }'
    """
    stated = [f"color-scheme: {scheme};"] if scheme else []
    stated += [f"--{name}: {colour};" for name, colour in colours.items()]
    return f"{selector} {{ {' '.join(stated)} }}"


def following(name: str) -> str:
    """Return a colour for style sheets that is dark where :func:`live_colours` says so.

    Examples
    --------
    >>> following("ink")
    'var(--al-ink, #1a1e23)'
    """
    return f"var(--al-{name}, {LIGHT[name]})"


def live_colours(more: dict[str, str]) -> str:
    """Return the style sheet of a live page: dark if the system is.

    Parameters
    ----------
    more : dict
        Further custom property, without its dashes -> name of its colour.
    """
    colours = {f"al-{name}": colour for name, colour in DARK.items()}
    colours |= {name: DARK[colour] for name, colour in more.items()}
    dark = custom_properties(":root", colours, "dark")
    ground = f"body {{ background: {DARK['ground']}; color: {DARK['ink']}; }}"
    return f"@media screen and (prefers-color-scheme: dark) {{ {dark} {ground} }}"


def cell_colours() -> str:
    """Return the style sheet of a live view in a cell: dark if the notebook around it is."""
    colours = {f"al-{name}": colour for name, colour in DARK.items()}
    return custom_properties(':root:has(body[data-jp-theme-light="false"])', colours)


def page_colours() -> str:
    """Return the style sheet of a page's colours: light, dark if the system or the notebook is."""
    dark_system = custom_properties("body:not([data-jp-theme-light]) .al", DARK, "dark")
    return "\n".join(
        [
            custom_properties(".al", LIGHT, "light"),
            f"@media screen and (prefers-color-scheme: dark) {{ {dark_system} }}",
            custom_properties('body[data-jp-theme-light="false"] .al', DARK, "dark"),
            "",
        ]
    )
