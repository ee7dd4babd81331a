"""Names of months, in the languages whose dates are read."""

from __future__ import annotations

import unicodedata

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul",
            "august aug", "september sept sep", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
# As in Unicode's CLDR 48 (in full, in the case that stands after a day, abbreviated), by month; a
# test holds them against it. No name stands for two months in two of these languages.
_FOREIGN_NAMES = {
    "fr": "janvier janv/février févr/mars/avril avr/mai/juin/juillet juil/août/septembre sept/"
    "octobre oct/novembre nov/décembre déc",
    "de": "januar jan jänner/februar feb/märz mär/april apr/mai/juni jun/juli jul/august aug/"
    "september sept sep/oktober okt/november nov/dezember dez",
    "es": "enero ene/febrero feb/marzo mar/abril abr/mayo may/junio jun/julio jul/agosto ago/"
    "septiembre sept setiembre/octubre oct/noviembre nov/diciembre dic",
    "it": "gennaio gen/febbraio feb/marzo mar/aprile apr/maggio mag/giugno giu/luglio lug/"
    "agosto ago/settembre set/ottobre ott/novembre nov/dicembre dic",
    "pt": "janeiro jan/fevereiro fev/março mar/abril abr/maio mai/junho jun/julho jul/agosto ago/"
    "setembro set/outubro out/novembro nov/dezembro dez",
    "nl": "januari jan/februari feb/maart mrt/april apr/mei/juni jun/juli jul/augustus aug/"
    "september sep/oktober okt/november nov/december dec",
    "sv": "januari jan/februari feb/mars/april apr/maj/juni/juli/augusti aug/september sep/"
    "oktober okt/november nov/december dec",
    "da": "januar jan/februar feb/marts mar/april apr/maj/juni jun/juli jul/august aug/"
    "september sep/oktober okt/november nov/december dec",
    "nb": "januar jan/februar feb/mars mar/april apr/mai/juni jun/juli jul/august aug/"
    "september sep/oktober okt/november nov/desember des",
    "pl": "stycznia styczeń sty/lutego luty lut/marca marzec mar/kwietnia kwiecień kwi/maja maj/"
    "czerwca czerwiec cze/lipca lipiec lip/sierpnia sierpień sie/września wrzesień wrz/"
    "października październik paź/listopada listopad lis/grudnia grudzień gru",
    "cs": "ledna leden led/února únor úno/března březen bře/dubna duben dub/května květen kvě/"
    "června červen čvn/července červenec čvc/srpna srpen srp/září zář/října říjen říj/"
    "listopadu listopad lis/prosince prosinec pro",
    "ru": "января январь янв/февраля февраль февр/марта март мар/апреля апрель апр/мая май/"
    "июня июнь июн/июля июль июл/августа август авг/сентября сентябрь сент/октября октябрь окт/"
    "ноября ноябрь нояб/декабря декабрь дек",
    "uk": "січня січень січ/лютого лютий лют/березня березень бер/квітня квітень квіт/"
    "травня травень трав/червня червень черв/липня липень лип/серпня серпень серп/"
    "вересня вересень вер/жовтня жовтень жовт/листопада листопад лист/грудня грудень груд",
    "tr": "ocak oca/şubat şub/mart mar/nisan nis/mayıs may/haziran haz/temmuz tem/ağustos ağu/"
    "eylül eyl/ekim eki/kasım kas/aralık ara",
}


def without_accents(name: str) -> str:
    """Return a word in lower case without accents: "Août" is "aout", as many write it."""
    apart = unicodedata.normalize("NFD", name.lower())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _foreign_months() -> dict[str, tuple[int, frozenset[str]]]:
    found: dict[str, tuple[int, frozenset[str]]] = {}
    for language, months in _FOREIGN_NAMES.items():
        for number, names in enumerate(months.split("/"), start=1):
            for name in map(without_accents, names.split()):
                known = found.get(name, (number, frozenset()))
                found[name] = (number, known[1] | {language})
    for name, number in MONTHS.items():
        if name in found:
            found[name] = (number, found[name][1] | {"en"})
    return found


# By folded name: the month, and the languages that call it so.
FOREIGN_MONTHS = _foreign_months()
