"""Numbers as texts write them, with scale and unit: the value they all come to."""

from __future__ import annotations

from decimal import Decimal

import pytest

from corpus.quantities import quantities


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1.25 billion", "1250000000", ""),
        ("671B parameters", "671000000000", ""),
        ("14 Mio. Euro", "14000000", "eur"),
        ("3 Mrd. USD", "3000000000", "usd"),
        ("1,2 Millionen Euro", "1200000", "eur"),
        ("1,2 million d'euros", "1200000", "eur"),
        ("4,5 mil millones de euros", "4500000000", "eur"),
        ("5 млн", "5000000", ""),
        ("3,5 %", "3.5", "percent"),
        ("3,5 Prozent", "3.5", "percent"),
        ("1.250,50 €", "1250.5", "eur"),
        ("€1,250.50", "1250.5", "eur"),
        ("€ 3,40", "3.4", "eur"),
        ("1.250.000 Schiffe", "1250000", ""),
        ("1 250 000 €", "1250000", "eur"),
        ("1'250'000 Franken", "1250000", ""),
        ("10^25 operations", "1e25", ""),
        ("10²⁵ operations", "1e25", ""),
        ("3.2 × 10^25", "3.2e25", ""),
        ("2.1e24", "2.1e24", ""),
        ("10^-20", "1e-20", ""),
        ("2½ million", "2500000", ""),
        ("two thirds of them", "67", "percent"),
        ("3.5亿元", "350000000", "cny"),
        ("1.2万亿美元", "1200000000000", "usd"),
        ("三千万美元", "30000000", "usd"),
        ("百分之三十五", "35", "percent"),
        ("1.250 tonnes", "1.25", "tonne"),
    ],
)
def test_a_number_has_its_value_however_it_is_written(text: str, value: str, unit: str) -> None:
    """Scales and signs of other languages, powers of ten, decimal commas before a measure."""
    (one,) = quantities(text)
    assert (one.value, one.unit) == (Decimal(value), unit)
    assert text[one.start : one.end] == one.text


def test_a_comma_without_a_measure_parts_two_numbers() -> None:
    """As in a list of tables."""
    assert [one.value for one in quantities("tables 3,5 and 7")] == [3, 5, 7]
    assert [one.value for one in quantities("$ 0.83 $ 0.65")] == [Decimal("0.83"), Decimal("0.65")]


@pytest.mark.parametrize(
    "text", ["≈5.6 million", "rund 14 Mio.", "约3.5亿", "about 5", "~ 20 ships"]
)
def test_a_rough_number_is_told(text: str) -> None:
    """A sign does it as well as a word."""
    assert quantities(text)[0].hedged


def test_what_has_no_power_is_a_number_all_the_same() -> None:
    """Nothing to the power of nothing, a power beyond reckoning, scales without end."""
    assert quantities("0^0 and 0^-2")[0].value == 0
    assert quantities("9" * 3_000 + "^999")[0].text.endswith("^999")
    assert quantities("3" + "万" * 200_000)[0].value >= 30_000


@pytest.mark.parametrize("written", ["123 ", "1/2 ", "half a ship "])
def test_rows_of_numbers_take_time_that_grows_with_them(written: str) -> None:
    """A text of nothing but numbers: each is looked at by itself."""
    assert len(quantities(written * 6_000)) == 6_000


def test_a_range_shares_its_unit() -> None:
    """Both ends are in percent."""
    assert [one.unit for one in quantities("10–15 %")] == ["percent", "percent"]
