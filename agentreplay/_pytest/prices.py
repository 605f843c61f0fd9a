"""What replayed answers would have cost, by the price list of the optional package `genai-prices`."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from importlib.util import find_spec
from typing import NamedTuple

from agentreplay._pytest.verdict import Tokens


class Cost(NamedTuple):
    """In US dollars, as far as prices are known; and the models whose prices are not."""

    dollars: Decimal
    unknown: tuple[str, ...]


def cost_of(saved: Iterable[Tokens]) -> Cost | None:
    """What these tokens cost; None without the price list."""
    if find_spec("genai_prices") is None:
        return None
    from genai_prices import Usage, calc_price

    def price(each: Tokens) -> Decimal | None:
        usage = Usage(input_tokens=each.prompt, output_tokens=each.completion)
        try:
            return calc_price(usage, model_ref=each.model, provider_id=each.provider).total_price
        except LookupError:
            return None

    prices = {each: price(each) for each in saved}
    known = [each for each in prices.values() if each is not None]
    return Cost(sum(known, Decimal(0)), tuple(each.model for each, found in prices.items() if found is None))
