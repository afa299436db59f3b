"""What the web application is made of beside the chassis; `create_app` hands it in, views find it
here.
"""

from dataclasses import dataclass
from typing import cast

from chat_service.domain.care_relations import CareRelations
from chat_service.domain.help_lines import HelpLines
from chat_service.domain.people import Profiles
from chat_service.domain.stages import Programmes
from shared.data_keys import MasterKeys
from shared.http.context import chassis

NAME = "chat_service"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The programme's texts, the help lines, the master keys, and the two services asked."""

    programmes: Programmes
    help_lines: HelpLines
    masters: MasterKeys
    profiles: Profiles
    care_relations: CareRelations


def parts() -> Parts:
    """Give the current application's parts."""
    return cast(Parts, chassis().parts[NAME])
