"""The code lists a therapist's record and a client's wishes are written in, with their names.

The numbers are the platform's published code lists: clients send and store them, so a number is
never reused and never changes its meaning; a list only grows at its end. Names are in Russian,
English and Arabic. The words of the clean API (``individual``, ``any``, ``nearest``) stand here
beside the numbers. Rules that use the codes (matching, prices) live in modules of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, kw_only=True)
class LocalizedName:
    """One name in the three languages the platform speaks."""

    ru: str
    en: str
    ar: str

    def in_locale(self, locale: str) -> str:
        """Give the name for a locale; English where the locale is not one of the three."""
        if locale == "ru":
            return self.ru
        return self.ar if locale == "ar" else self.en


class TopicGroup(StrEnum):
    """The part of life a topic belongs to."""

    SELF = "self"
    OTHERS = "others"
    WORK_AND_STUDY = "work_and_study"
    LIFE_EVENTS = "life_events"


@dataclass(frozen=True, kw_only=True)
class Topic:
    """What a client wants to talk about and a therapist works with."""

    id: int
    group: TopicGroup
    name: LocalizedName


@dataclass(frozen=True, kw_only=True)
class CodedName:
    """An entry that has a number and a name and nothing else."""

    id: int
    name: LocalizedName


@dataclass(frozen=True, kw_only=True)
class CodedWord:
    """An entry whose number stands for a word of the clean API."""

    id: int
    word: str
    name: LocalizedName


@dataclass(frozen=True, kw_only=True)
class PriceBand:
    """A price wish: the highest price of one appointment, ``None`` for no limit."""

    id: int
    upper_bound_minor_units: int | None
    currency: str
    name: LocalizedName


def _topic(number: int, group: TopicGroup, *, ru: str, en: str, ar: str) -> Topic:
    return Topic(id=number, group=group, name=LocalizedName(ru=ru, en=en, ar=ar))


def _named(number: int, *, ru: str, en: str, ar: str) -> CodedName:
    return CodedName(id=number, name=LocalizedName(ru=ru, en=en, ar=ar))


def _word(number: int, word: str, *, ru: str, en: str, ar: str) -> CodedWord:
    return CodedWord(id=number, word=word, name=LocalizedName(ru=ru, en=en, ar=ar))


TOPIC_GROUP_NAMES: Final[Mapping[TopicGroup, LocalizedName]] = MappingProxyType(
    {
        TopicGroup.SELF: LocalizedName(
            ru="Отношения с собой", en="Relationship with oneself", ar="العلاقة مع الذات"
        ),
        TopicGroup.OTHERS: LocalizedName(
            ru="Отношения с другими", en="Relationships with others", ar="العلاقات مع الآخرين"
        ),
        TopicGroup.WORK_AND_STUDY: LocalizedName(
            ru="Работа, учеба", en="Work and study", ar="العمل والدراسة"
        ),
        TopicGroup.LIFE_EVENTS: LocalizedName(
            ru="События жизни", en="Life events", ar="أحداث الحياة"
        ),
    }
)

TOPICS: Final[tuple[Topic, ...]] = (
    _topic(0, TopicGroup.SELF, ru="Усталость", en="Tiredness", ar="الإرهاق"),
    _topic(
        1, TopicGroup.SELF, ru="Депрессивные состояния", en="Depressive states", ar="حالات الاكتئاب"
    ),
    _topic(2, TopicGroup.SELF, ru="Раздражительность", en="Irritability", ar="سرعة الانفعال"),
    _topic(3, TopicGroup.SELF, ru="Тревожность", en="Anxiety", ar="القلق"),
    _topic(4, TopicGroup.SELF, ru="Панические атаки", en="Panic attacks", ar="نوبات الهلع"),
    _topic(5, TopicGroup.SELF, ru="Самооценка", en="Self-esteem", ar="تقدير الذات"),
    _topic(6, TopicGroup.SELF, ru="Одиночество", en="Loneliness", ar="الوحدة"),
    _topic(
        7,
        TopicGroup.SELF,
        ru="Поведенческая зависимость",
        en="Behavioural addiction",
        ar="الإدمان السلوكي",
    ),
    _topic(
        8,
        TopicGroup.SELF,
        ru="Химические зависимости",
        en="Substance addictions",
        ar="إدمان المواد",
    ),
    _topic(9, TopicGroup.SELF, ru="Критические состояния", en="Crisis states", ar="حالات الأزمات"),
    _topic(10, TopicGroup.SELF, ru="ЛГБТ+", en="LGBT+", ar="مجتمع الميم+"),
    _topic(11, TopicGroup.OTHERS, ru="С партнером", en="With a partner", ar="مع شريك الحياة"),
    _topic(12, TopicGroup.OTHERS, ru="С родителями", en="With parents", ar="مع الوالدين"),
    _topic(13, TopicGroup.OTHERS, ru="Сексуальные", en="Sexual", ar="العلاقات الجنسية"),
    _topic(
        14,
        TopicGroup.OTHERS,
        ru="В целом, с окружающими",
        en="With people in general",
        ar="مع الناس عمومًا",
    ),
    _topic(15, TopicGroup.OTHERS, ru="С детьми", en="With children", ar="مع الأبناء"),
    _topic(
        16,
        TopicGroup.OTHERS,
        ru="Сложности с ориентацией, ее поиск",
        en="Questions about orientation, finding it",
        ar="تساؤلات حول الميول والبحث عنها",
    ),
    _topic(
        17,
        TopicGroup.WORK_AND_STUDY,
        ru="Недостаток мотивации",
        en="Lack of motivation",
        ar="نقص الدافعية",
    ),
    _topic(
        18,
        TopicGroup.WORK_AND_STUDY,
        ru="Не знаю, чем хочу заниматься",
        en="Not knowing what I want to do",
        ar="لا أعرف ما الذي أريد أن أعمل به",
    ),
    _topic(
        19,
        TopicGroup.WORK_AND_STUDY,
        ru="Отсутствие цели",
        en="Absence of a goal",
        ar="غياب الهدف",
    ),
    _topic(20, TopicGroup.WORK_AND_STUDY, ru="Выгорание", en="Burnout", ar="الاحتراق النفسي"),
    _topic(21, TopicGroup.WORK_AND_STUDY, ru="Прокрастинация", en="Procrastination", ar="التسويف"),
    _topic(
        22,
        TopicGroup.WORK_AND_STUDY,
        ru="Смена, потеря работы",
        en="Changing or losing a job",
        ar="تغيير العمل أو فقدانه",
    ),
    _topic(
        23,
        TopicGroup.LIFE_EVENTS,
        ru="Переезд, эмиграция",
        en="Moving, emigration",
        ar="الانتقال والهجرة",
    ),
    _topic(
        24,
        TopicGroup.LIFE_EVENTS,
        ru="Разрыв отношений, развод",
        en="Breakup, divorce",
        ar="انتهاء العلاقة والطلاق",
    ),
    _topic(
        25,
        TopicGroup.LIFE_EVENTS,
        ru="Утрата близкого человека",
        en="Loss of a loved one",
        ar="فقدان شخص عزيز",
    ),
    _topic(
        26,
        TopicGroup.LIFE_EVENTS,
        ru="Беременность, рождение ребенка",
        en="Pregnancy, birth of a child",
        ar="الحمل وولادة طفل",
    ),
    _topic(
        27,
        TopicGroup.LIFE_EVENTS,
        ru="Финансовые изменения",
        en="Financial changes",
        ar="التغيرات المالية",
    ),
    _topic(
        28,
        TopicGroup.LIFE_EVENTS,
        ru="Болезнь, своя или близких",
        en="Illness, one's own or of someone close",
        ar="المرض: مرض الشخص نفسه أو أحد المقربين",
    ),
)

METHODS: Final[tuple[CodedName, ...]] = (
    _named(0, ru="Психоанализ", en="Psychoanalysis", ar="التحليل النفسي"),
    _named(
        1,
        ru="Терапия внутренних семейных систем (IFS)",
        en="Internal family systems (IFS)",
        ar="العلاج بأنظمة الأسرة الداخلية (IFS)",
    ),
    _named(
        2,
        ru="Когнитивно-поведенческая терапия (КПТ)",
        en="Cognitive behavioural therapy (CBT)",
        ar="العلاج المعرفي السلوكي (CBT)",
    ),
    _named(
        3,
        ru="Травма-фокусированная КПТ",
        en="Trauma-focused CBT",
        ar="العلاج المعرفي السلوكي المتمركز حول الصدمة",
    ),
    _named(
        4,
        ru="Терапия, сфокусированная на сострадании (CFT)",
        en="Compassion-focused therapy (CFT)",
        ar="العلاج المتمركز حول التعاطف (CFT)",
    ),
    _named(
        5,
        ru="Диалектическая поведенческая терапия (DBT)",
        en="Dialectical behaviour therapy (DBT)",
        ar="العلاج الجدلي السلوكي (DBT)",
    ),
    _named(6, ru="Гештальт-терапия", en="Gestalt therapy", ar="العلاج الجشطالتي"),
    _named(
        7,
        ru="Системная семейная терапия",
        en="Systemic family therapy",
        ar="العلاج الأسري النسقي",
    ),
    _named(
        8,
        ru="Системная сексуальная терапия",
        en="Systemic sex therapy",
        ar="العلاج الجنسي النسقي",
    ),
    _named(
        9,
        ru="Терапия принятия и ответственности (ACT)",
        en="Acceptance and commitment therapy (ACT)",
        ar="العلاج بالقبول والالتزام (ACT)",
    ),
    _named(10, ru="Схема-терапия", en="Schema therapy", ar="العلاج بالمخططات"),
    _named(11, ru="Экзистенциальная терапия", en="Existential therapy", ar="العلاج الوجودي"),
    _named(12, ru="Транзактный анализ", en="Transactional analysis", ar="التحليل التفاعلي"),
    _named(
        13,
        ru="Десенсибилизация и переработка движениями глаз (EMDR)",
        en="Eye movement desensitisation and reprocessing (EMDR)",
        ar="إزالة التحسس وإعادة المعالجة بحركات العين (EMDR)",
    ),
    _named(
        14,
        ru="Рационально-эмотивная поведенческая терапия (REBT)",
        en="Rational emotive behaviour therapy (REBT)",
        ar="العلاج العقلاني الانفعالي السلوكي (REBT)",
    ),
    _named(
        15,
        ru="Эмоционально-фокусированная терапия (EFT)",
        en="Emotionally focused therapy (EFT)",
        ar="العلاج المتمركز حول الانفعالات (EFT)",
    ),
    _named(16, ru="Арт-терапия", en="Art therapy", ar="العلاج بالفن"),
)

THERAPY_TYPES: Final[tuple[CodedWord, ...]] = (
    _word(0, "individual", ru="Индивидуальная", en="Individual", ar="فردي"),
    _word(1, "couple", ru="Парная", en="Couple", ar="زوجي"),
)

LANGUAGES: Final[tuple[CodedWord, ...]] = (
    _word(0, "ru", ru="Русский", en="Russian", ar="الروسية"),
    _word(1, "en", ru="Английский", en="English", ar="الإنجليزية"),
    _word(2, "hu", ru="Венгерский", en="Hungarian", ar="المجرية"),
)

PREFERRED_GENDERS: Final[tuple[CodedWord, ...]] = (
    _word(0, "man", ru="Мужчина", en="Man", ar="رجل"),
    _word(1, "woman", ru="Женщина", en="Woman", ar="امرأة"),
    _word(2, "any", ru="Не имеет значения", en="Any", ar="لا فرق"),
)

GENDERS: Final[tuple[CodedWord, ...]] = (
    _word(0, "F", ru="Женский", en="Female", ar="أنثى"),
    _word(1, "M", ru="Мужской", en="Male", ar="ذكر"),
    _word(2, "X", ru="Другой", en="Other", ar="آخر"),
)
"""Of a person's profile; profile_service keeps them."""

TIME_PREFERENCES: Final[tuple[CodedWord, ...]] = (
    _word(0, "any", ru="Любое время", en="Any time", ar="أي وقت"),
    _word(1, "nearest", ru="Ближайшее время", en="The nearest time", ar="أقرب وقت"),
    _word(2, "specific", ru="Определенное время", en="A specific time", ar="وقت محدد"),
)

PRICE_BANDS: Final[tuple[PriceBand, ...]] = (
    PriceBand(
        id=0,
        upper_bound_minor_units=None,
        currency="HUF",
        name=LocalizedName(ru="Любая цена", en="Any price", ar="أي سعر"),
    ),
    PriceBand(
        id=1,
        upper_bound_minor_units=1_000_000,
        currency="HUF",
        name=LocalizedName(
            ru="До 10 000 форинтов", en="Up to 10,000 HUF", ar="حتى 10000 فورنت مجري"
        ),
    ),
    PriceBand(
        id=2,
        upper_bound_minor_units=2_500_000,
        currency="HUF",
        name=LocalizedName(
            ru="До 25 000 форинтов", en="Up to 25,000 HUF", ar="حتى 25000 فورنت مجري"
        ),
    ),
    PriceBand(
        id=3,
        upper_bound_minor_units=4_000_000,
        currency="HUF",
        name=LocalizedName(
            ru="До 40 000 форинтов", en="Up to 40,000 HUF", ar="حتى 40000 فورنت مجري"
        ),
    ),
)

CHANGE_REASONS: Final[tuple[CodedName, ...]] = (
    _named(
        0,
        ru="Меня не слышали",
        en="I did not feel heard",
        ar="لم أشعر بأن هناك من يصغي إليّ",
    ),
    _named(
        1,
        ru="Терапевт опаздывал на встречи",
        en="The therapist came late",
        ar="التأخر عن المواعيد",
    ),
    _named(
        2,
        ru="Терапевт не объяснил, как устроена работа",
        en="The therapist did not explain how the work goes",
        ar="لم تُشرح لي طريقة العمل",
    ),
    _named(
        3,
        ru="Не подошли условия",
        en="The conditions did not suit me",
        ar="لم تناسبني الشروط",
    ),
    _named(
        4,
        ru="Нет подходящего времени",
        en="There was no suitable time",
        ar="لا يوجد وقت مناسب",
    ),
    _named(
        5,
        ru="Терапевт все время молчал",
        en="The therapist was silent",
        ar="كثرة الصمت من جانب المعالج",
    ),
    _named(
        6,
        ru="Терапевт слишком много говорил",
        en="The therapist talked too much",
        ar="كثرة الكلام من جانب المعالج",
    ),
    _named(7, ru="Нет результата", en="There was no result", ar="لم تظهر نتيجة"),
    _named(
        8,
        ru="Ни одна встреча не состоялась",
        en="No appointment took place",
        ar="لم ينعقد أي موعد",
    ),
    _named(9, ru="Мой вопрос решен", en="My concern is solved", ar="حُلّت مشكلتي"),
    _named(10, ru="Другое", en="Other", ar="سبب آخر"),
)

FURTHER_EDUCATION: Final[tuple[CodedName, ...]] = (
    _named(0, ru="Зависимости", en="Addictions", ar="الإدمان"),
    _named(
        1,
        ru="Расстройства пищевого поведения",
        en="Eating disorders",
        ar="اضطرابات الأكل",
    ),
    _named(2, ru="Сексология", en="Sexology", ar="علم الجنس"),
    _named(
        3,
        ru="Посттравматическое стрессовое расстройство",
        en="Post-traumatic stress disorder",
        ar="اضطراب ما بعد الصدمة",
    ),
    _named(4, ru="Другое", en="Other", ar="أخرى"),
)

TOPICS_BY_ID: Final[Mapping[int, Topic]] = MappingProxyType({topic.id: topic for topic in TOPICS})
PRICE_BANDS_BY_ID: Final[Mapping[int, PriceBand]] = MappingProxyType(
    {band.id: band for band in PRICE_BANDS}
)
CHANGE_REASONS_BY_ID: Final[Mapping[int, CodedName]] = MappingProxyType(
    {reason.id: reason for reason in CHANGE_REASONS}
)
