"""The themes that every council has, and the levels of assurance that themes need."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from identity.shared.oauth import vectors

Level = Literal["Cl", "Cl.Cm", "P1.Cl.Cm", "P2.Cl.Cm"]
LEVELS: tuple[str, ...] = get_args(Level)
"""From the lowest: one factor, two factors, and two factors with a proven identity. Vectors of trust."""
LOWEST: Level = "Cl"


@dataclass(frozen=True, slots=True)
class Theme:
    """What somebody lets another do: titles and plain sentences, and the level both must confirm it at."""

    title: str
    title_cy: str
    description: str
    description_cy: str
    minimum_level: str


COMMON: Mapping[str, Theme] = MappingProxyType(
    {
        "council-tax": Theme(
            "Council tax",
            "Treth gyngor",
            "See and pay your council tax bills, ask for discounts, and tell the council that you move.",
            "Gweld a thalu eich biliau treth gyngor, gofyn am ostyngiadau, a dweud wrth y cyngor eich bod yn"
            " symud.",
            "P1.Cl.Cm",
        ),
        "benefits": Theme(
            "Housing benefit and council tax reduction",
            "Budd-dal tai a gostyngiad treth gyngor",
            "See and make your claims, with what you earn and have, and tell the council what changes.",
            "Gweld a gwneud eich hawliadau, gyda'r hyn rydych yn ei ennill a'r hyn sydd gennych, a dweud wrth"
            " y cyngor beth sy'n newid.",
            "P2.Cl.Cm",
        ),
        "waste": Theme(
            "Bins and recycling",
            "Biniau ac ailgylchu",
            "See your collections, report missed ones, and order bins and special collections.",
            "Gweld eich casgliadau, rhoi gwybod am rai a gollwyd, ac archebu biniau a chasgliadau arbennig.",
            "Cl",
        ),
        "parking": Theme(
            "Parking and permits",
            "Parcio a thrwyddedau",
            "See, buy and change your parking permits, and pay or challenge parking fines.",
            "Gweld, prynu a newid eich trwyddedau parcio, a thalu neu herio dirwyon parcio.",
            "Cl",
        ),
        "housing": Theme(
            "Council housing and repairs",
            "Tai cyngor ac atgyweirio",
            "See and pay your rent, ask for repairs, and apply for or give up a council home.",
            "Gweld a thalu eich rhent, gofyn am waith atgyweirio, a gwneud cais am gartref cyngor neu ei"
            " ildio.",
            "P1.Cl.Cm",
        ),
        "social-care": Theme(
            "Adult social care",
            "Gofal cymdeithasol oedolion",
            "See your care plan and what is written about your health, and ask for, change or pay for care.",
            "Gweld eich cynllun gofal a'r hyn a ysgrifennwyd am eich iechyd, a gofyn am ofal, ei newid neu"
            " dalu amdano.",
            "P2.Cl.Cm",
        ),
        "schools": Theme(
            "Schools and school transport",
            "Ysgolion a chludiant ysgol",
            "See and make applications for your children's schools, meals and transport.",
            "Gweld a gwneud ceisiadau am ysgolion, prydau a chludiant eich plant.",
            "P1.Cl.Cm",
        ),
        "planning": Theme(
            "Planning and building control",
            "Cynllunio a rheoli adeiladu",
            "See, make and change your planning and building applications, and answer about others.",
            "Gweld, gwneud a newid eich ceisiadau cynllunio ac adeiladu, ac ymateb i rai eraill.",
            "Cl",
        ),
        "licensing": Theme(
            "Licences",
            "Trwyddedau",
            "See, apply for, renew and give up your licences.",
            "Gweld eich trwyddedau, gwneud cais amdanynt, eu hadnewyddu a'u hildio.",
            "Cl.Cm",
        ),
        "blue-badge": Theme(
            "Blue Badge",
            "Bathodyn Glas",
            "See and make your Blue Badge applications, with what they say about your health.",
            "Gweld a gwneud eich ceisiadau am Fathodyn Glas, gyda'r hyn y maent yn ei ddweud am eich iechyd.",
            "P1.Cl.Cm",
        ),
    }
)
"""Themes by the name that services use. A council adds its own, and raises the level of any, never lowers."""


def highest(level: str, other_level: str) -> str:
    """Get the higher of two levels."""
    return max(level, other_level, key=LEVELS.index)


def needs_second_step(level: str) -> bool:
    """Tell whether somebody must sign in with two factors or a passkey for the level."""
    return level != LOWEST


def identity_of(level: str) -> str:
    """Get the identity level (P0 to P2) in a level."""
    first = level.partition(".")[0]
    return first if first in vectors.IDENTITY_LEVELS else vectors.NO_IDENTITY
