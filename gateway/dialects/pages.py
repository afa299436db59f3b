"""The portal's way of speaking: refusals as small pages for people, in their language.

They stand on their own: the portal may be what is down.
"""

from collections.abc import Callable, Mapping
from html import escape

from gateway.dialects.speech import Dialect, Habit
from gateway.errors import Refused
from gateway.exchange import LegacyAnswer

MEDIA_TYPE = "text/html; charset=utf-8"
POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
_DIRECTIONS = {"ar": "rtl"}
_PAGE = """<!doctype html>
<html lang="{locale}" dir="{direction}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{title}</title>
  <link rel="stylesheet" href="/docs/page.css">
</head>
<body>
  <main>
    <h1>{title}</h1>
    <p>{text}</p>
    <p><a href="/app/">{way_on}</a></p>
  </main>
</body>
</html>
"""

Wording = tuple[str, str]
"""A page's title, and what to do next."""

_GONE: Mapping[str, Wording] = {
    "en": ("This page does not exist", "The address may be mistyped or incomplete."),
    "ru": ("Такой страницы нет", "Возможно, в адресе опечатка или он скопирован не полностью."),
    "ar": ("هذه الصفحة غير موجودة", "قد يكون العنوان ناقصًا أو فيه خطأ."),
}
_DOWN: Mapping[str, Wording] = {
    "en": (
        "The pages cannot be reached at the moment",
        "Nothing is lost. Please try again in a few minutes. If you are in danger now, call 112.",
    ),
    "ru": (
        "Страницы сейчас недоступны",
        "Ничего не потеряно. Попробуйте, пожалуйста, ещё раз через несколько минут."
        " Если вы сейчас в опасности, звоните 112.",
    ),
    "ar": (
        "لا يمكن الوصول إلى الصفحات في الوقت الحالي",
        "لم يضِع شيء. يمكن المحاولة مرة أخرى بعد بضع دقائق. في حالة الخطر الآن، رقم الطوارئ هو 112.",
    ),
}
_OFTEN: Mapping[str, Wording] = {
    "en": ("Too many requests", "Please wait {seconds} seconds, then go on. Nothing is lost."),
    "ru": (
        "Слишком много запросов",
        "Подождите, пожалуйста, {seconds} с и продолжайте. Ничего не потеряно.",
    ),
    "ar": ("طلبات كثيرة جدًا", "يرجى الانتظار {seconds} ثانية ثم المتابعة. لم يضِع شيء."),
}
_LARGE: Mapping[str, Wording] = {
    "en": ("What was sent is too long", "Please go back and shorten it."),
    "ru": ("Отправлено слишком много", "Вернитесь, пожалуйста, назад и сократите текст."),
    "ar": ("ما أُرسل طويل جدًا", "يرجى الرجوع واختصار النص."),
}
_WRONG: Mapping[str, Wording] = {
    "en": ("This could not be done", "Please go back and try again."),
    "ru": ("Это не получилось", "Вернитесь, пожалуйста, назад и попробуйте ещё раз."),
    "ar": ("تعذّر تنفيذ الطلب", "يرجى الرجوع والمحاولة مرة أخرى."),
}
_BY_STATUS = {404: _GONE, 413: _LARGE, 414: _LARGE, 429: _OFTEN, 431: _LARGE, 503: _DOWN}
_WAY_ON = {"en": "To the first page", "ru": "На первую страницу", "ar": "إلى الصفحة الأولى"}


def _render_in(locale: str) -> Callable[[Refused, frozenset[Habit]], LegacyAnswer]:
    def render(refused: Refused, _habits: frozenset[Habit]) -> LegacyAnswer:
        status = refused.wording.status
        title, text = _BY_STATUS.get(status, _WRONG)[locale]
        page = _PAGE.format(
            locale=locale,
            direction=_DIRECTIONS.get(locale, "ltr"),
            title=escape(title),
            text=escape(refused.filled(text)),
            way_on=_WAY_ON[locale],
        )
        return LegacyAnswer(
            status=status,
            content=page.encode(),
            media_type=MEDIA_TYPE,
            headers={
                **refused.headers,
                "Content-Language": locale,
                "Content-Security-Policy": POLICY,
            },
        )

    return render


PAGES: Mapping[str, Dialect] = {
    locale: Dialect(
        name="pages",
        default_locale=locale,
        challenge=None,
        has_bare_tokens=False,
        schemes=frozenset(),
        render=_render_in(locale),
    )
    for locale in _WAY_ON
}
"""By language."""
