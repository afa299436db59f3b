"""The pure pairs between the three old dialects and the clean API: one module per noun of the clean
API, one constant per act.

What the dialects refuse and how stands in `<dialect>_dialect.py`; which values a field accepts in
`fields.py`. Nothing here knows Flask, sockets or the clock; nothing here decides a rule of a
service.
"""

from collections.abc import Mapping
from types import MappingProxyType

from gateway.exchange import Translation
from gateway.translations import (
    accounts,
    appointments,
    care_relations,
    email_changes,
    guided_sessions,
    login_sessions,
    matches,
    matching_preferences,
    memberships,
    messages,
    notification_settings,
    notifications,
    password_resets,
    passwords,
    payment_methods,
    pictures,
    profiles,
    registrations,
    reschedules,
    selections,
    slots,
    verifications,
)

TRANSLATIONS: Mapping[str, Translation] = MappingProxyType(
    {
        "W1": registrations.SIGN_UP,
        "W2": verifications.RESEND_CODE,
        "W3": verifications.VERIFY_SIGN_UP,
        "W4": login_sessions.LOG_IN_TO_WELLBEING,
        "W5": profiles.READ_OWN_PROFILE,
        "W6": pictures.CHANGE_PICTURE,
        "W7": profiles.READ_PROFILE,
        "W8": pictures.READ_PICTURE,
        "W9": notifications.LIST_NOTIFICATIONS,
        "W10": notifications.DELETE_NOTIFICATION,
        "W11": notifications.COUNT_UNREAD,
        "W12": memberships.BEGIN_MEMBERSHIP,
        "W13": profiles.CHANGE_PROFILE,
        "W14": email_changes.CHANGE_EMAIL,
        "W15": passwords.CHANGE_OWN_PASSWORD,
        "W16": notification_settings.READ_SETTINGS,
        "W17": notification_settings.CHANGE_SETTINGS,
        "W18": password_resets.ASK_FOR_RESET,
        "W19": password_resets.CHECK_RESET_CODE,
        "W20": password_resets.CONFIRM_RESET,
        "W21": guided_sessions.LIST_GUIDED_SESSIONS,
        "W22": guided_sessions.START_STAGE,
        "W23": guided_sessions.ANSWER_QUESTION,
        "W24": guided_sessions.READ_TRANSCRIPT,
        "A1": accounts.OPEN_ACCOUNT,
        "A2": accounts.READ_ACCOUNT,
        "A3": accounts.CHANGE_ACCOUNT,
        "A4": passwords.CHANGE_PASSWORD_BY_ID,
        "A5": accounts.LIST_ACCOUNTS,
        "A6": login_sessions.LOG_IN_TO_ACCOUNTS,
        "A7": login_sessions.LOG_OUT,
        "A8": login_sessions.CHECK_TOKEN,
        "M1": login_sessions.LOG_IN_TO_MATCHING,
        "M2": accounts.OPEN_ACCOUNT_IN_MATCHING,
        "M3": matching_preferences.REPLACE_PREFERENCES,
        "M4": matches.LIST_THERAPISTS,
        "M5": selections.SELECT_THERAPIST,
        "M6": care_relations.READ_CURRENT_THERAPIST,
        "M7": reschedules.MOVE_APPOINTMENT,
        "M8": messages.SEND_MESSAGE,
        "M9": slots.LIST_FREE_HOURS,
        "M10": payment_methods.PUT_CARD_ON_FILE,
        "M11": appointments.LIST_APPOINTMENTS,
        "M12": care_relations.LEAVE_THERAPIST,
        "MX": login_sessions.LOG_OUT_OF_MATCHING,
    }
)
"""Each row's pair by the row's number; "MX" is the `matching` form of `/logout`. M13 is a page
the gateway makes itself.
"""
