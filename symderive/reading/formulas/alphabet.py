r"""The letters of mathematics: LaTeX commands and fonts as characters, and back.

A name is kept as text that a person can read: ``\\hat{\\sigma}_w`` is ``σ̂_w``.  What a letter means is not
said here.
"""

from __future__ import annotations

import unicodedata

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "varpi": "ϖ", "rho": "ρ", "varrho": "ϱ", "sigma": "σ", "varsigma": "ς", "tau": "τ",
    "upsilon": "υ", "phi": "ϕ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ",
    "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
LETTERS = {
    **GREEK,
    "ell": "ℓ",
    "infty": "∞",
    "imath": "ı",
    "jmath": "ȷ",
    "emptyset": "∅",
    "varnothing": "∅",
    "hbar": "ℏ",
}
COMMANDS = {c: f"\\{name}" for name, c in LETTERS.items() if name != "varnothing"}

ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "bar": "\u0304", "overline": "\u0304", "tilde": "\u0303",
    "widetilde": "\u0303", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308", "check": "\u030c", "breve": "\u0306",
    "underline": "\u0332", "mathring": "\u030a", "acute": "\u0301", "grave": "\u0300",
}  # fmt: skip
_ACCENT_COMMANDS = {mark: name for name, mark in reversed(ACCENTS.items())}

STYLES = {
    "mathbf": "BOLD", "boldsymbol": "BOLD", "bm": "BOLD", "pmb": "BOLD", "mathcal": "SCRIPT",
    "mathscr": "SCRIPT", "mathbb": "DOUBLE-STRUCK", "mathfrak": "FRAKTUR", "mathsf": "SANS-SERIF",
    "mathrm": "", "mathit": "", "mathnormal": "", "rm": "", "textbf": "BOLD", "mathbbm": "DOUBLE-STRUCK",
    "symbf": "BOLD", "mathds": "DOUBLE-STRUCK", "texttt": "", "mathtt": "", "textrm": "", "textit": "",
}  # fmt: skip
_STYLE_COMMANDS = {
    "BOLD": "mathbf",
    "SCRIPT": "mathcal",
    "DOUBLE-STRUCK": "mathbb",
    "FRAKTUR": "mathfrak",
    "SANS-SERIF": "mathsf",
}
_GREEK_NAMES = {"ϵ": "EPSILON SYMBOL", "ϕ": "PHI SYMBOL", "ϑ": "THETA SYMBOL", "ϖ": "PI SYMBOL", "ϱ": "RHO SYMBOL"}


def styled(character: str, style: str) -> str:
    """A letter in a font, as one character where Unicode has it.

    >>> styled("w", "BOLD"), styled("L", "SCRIPT"), styled("R", "DOUBLE-STRUCK")
    ('𝐰', 'ℒ', 'ℝ')
    """
    if not style or not unicodedata.category(character).startswith(("L", "N")):
        return character
    if style == "SANS-SERIF" and not character.isascii():
        return character
    if character in _GREEK_NAMES:
        what = _GREEK_NAMES[character]
    elif character.isdigit():
        what = f"DIGIT {unicodedata.name(character).split()[-1]}"
    else:
        parts = unicodedata.name(character, "").split()
        if len(parts) < 3 or parts[1] not in ("SMALL", "CAPITAL"):
            return character
        what = f"{parts[1]} {parts[-1]}"
    for pattern in ("MATHEMATICAL {} {}", "{} {}"):
        try:
            return unicodedata.lookup(pattern.format(style, what))
        except KeyError:
            continue
    return {("e", "SCRIPT"): "ℯ", ("g", "SCRIPT"): "ℊ", ("o", "SCRIPT"): "ℴ"}.get((character, style), character)


def command(name: str) -> str:
    r"""LaTeX for the letters of a name, without its indices.

    >>> command("σ̂"), command("𝐰"), command("dout"), command("h'")
    ('\\\\hat{\\\\sigma}', '\\\\mathbf{w}', '\\\\mathrm{dout}', "h'")
    """
    out: list[str] = []
    for c in unicodedata.normalize("NFD", name):
        if c in _ACCENT_COMMANDS and out:
            out[-1] = f"\\{_ACCENT_COMMANDS[c]}{{{out[-1]}}}"
        else:
            out.append(_letter(c))
    letters = [c for c in out if c != "'"]
    if len(letters) > 1 and letters[0].isalpha() and all(c.isalnum() and c.isascii() for c in letters):
        return f"\\mathrm{{{''.join(letters)}}}" + "'" * (len(out) - len(letters))
    return "".join(out)


def _letter(c: str) -> str:
    if c in COMMANDS:
        return COMMANDS[c]
    if c.isascii():
        return c
    name = unicodedata.name(c, "")
    for style, macro in _STYLE_COMMANDS.items():
        if style in name and ("MATHEMATICAL" in name or name.startswith(style)):
            plain = unicodedata.normalize("NFKC", c)
            inner = COMMANDS.get(plain, plain)
            return f"\\boldsymbol{{{inner}}}" if style == "BOLD" and not plain.isascii() else f"\\{macro}{{{inner}}}"
    return c
