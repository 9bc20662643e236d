"""One character for each meaning: what keyboards, models and languages write differently."""

import re
import unicodedata

_VULGAR = {c: unicodedata.normalize("NFKC", c).split("\u2044") for c in "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"}
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ"
_SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
_NAMES = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": r"\times ", "÷": r"\div ",
    "·": r"\cdot ", "⋅": r"\cdot ", "∙": r"\cdot ", "∗": "*", "∕": "/", "⁄": "/", "≤": r"\le ",
    "≥": r"\ge ", "≠": r"\ne ", "≈": r"\approx ", "∞": r"\infty ", "π": r"\pi ", "θ": r"\theta ",
    "α": r"\alpha ", "β": r"\beta ", "γ": r"\gamma ", "λ": r"\lambda ", "μ": r"\mu ",
    "ω": r"\omega ", "φ": r"\phi ", "σ": r"\sigma ", "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ",
    "≦": r"\le ", "≧": r"\ge ", "⩽": r"\le ", "⩾": r"\ge ", "∖": r"\setminus ",
    "٫": ".", "٬": ",", "،": ",",
    "∅": r"\emptyset ", "±": r"\pm ", "∓": r"\mp ", "°": r"^{\circ}", "º": r"^{\circ}",
    "∠": r"\angle ", "△": r"\triangle ", "、": ",", "，": ",", "。": ".", "⟨": r"\langle ",
    "⟩": r"\rangle ", "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}",
}  # fmt: skip
_TABLE = str.maketrans(
    _NAMES | {c: rf"\frac{{{top}}}{{{bottom}}}" for c, (top, bottom) in _VULGAR.items()}
)
_RUN_UP = re.compile(f"[{_SUPERSCRIPTS}]+")
_RUN_DOWN = re.compile(f"[{_SUBSCRIPTS}]+")
_ROOT = re.compile(r"√\s*(\([^()]*\)|\d+(?:\.\d+)?|[A-Za-z])")


def plain_characters(text: str) -> str:
    r"""Returns `text` with one spelling for each character.

    Full-width digits (Chinese, Japanese) become ASCII by NFKC; superscripts, subscripts, vulgar
    fractions and roots become LaTeX first, because NFKC would turn `x²` into `x2`. Other scripts'
    digits (Arabic, Devanagari …) become ASCII. Format characters (zero-width, bidirectional) show
    nothing and are dropped.
    """
    if text.isascii():
        return text
    text = _RUN_UP.sub(lambda m: f"^{{{unicodedata.normalize('NFKC', m[0])}}}", text)
    text = _RUN_DOWN.sub(lambda m: f"_{{{unicodedata.normalize('NFKC', m[0])}}}", text)
    text = _ROOT.sub(lambda m: rf"\sqrt{{{m[1]}}}", text)
    text = unicodedata.normalize("NFKC", text.translate(_TABLE)).translate(_TABLE)
    return "".join(_plain(c) for c in text)


def _plain(char: str) -> str:
    if char.isascii():
        return char
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(char))
    return " " if category == "Zs" else char
