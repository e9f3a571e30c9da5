"""What the door remembers of tokens."""

from anpr_match.backends.memory.clock import WoundClock
from anpr_match.backends.memory.ledger import Ledger
from anpr_match.backends.memory.registers import MemoryRegisters
from anpr_match.domain.caller import Caller, Grant, Role
from anpr_match.web.callers import TOKEN_CHARS_MAX, Callers

TTL_S = 15.0


class Counted(MemoryRegisters):
    """Registers that count the tokens looked up."""

    looked_up = 0

    async def caller(self, token: str) -> Caller | None:
        """As the registers do, counted."""
        self.looked_up += 1
        return await super().caller(token)


async def token(registers: MemoryRegisters, clock: WoundClock, name: str = "desk") -> str:
    return (await registers.create_token(Grant(Role.ANALYST, "herts", name), "test", clock.now())).token


async def test_a_good_token_is_looked_up_once_in_a_while() -> None:
    """Within the time to live the register is asked once, and after it again."""
    clock, registers = WoundClock(), Counted(Ledger())
    callers, good = Callers(registers, clock, TTL_S, 10), await token(registers, clock)
    for _ in range(5):
        assert await callers.caller(good) is not None
    assert registers.looked_up == 1
    clock.wind(TTL_S)
    await callers.caller(good)
    assert registers.looked_up == 2


async def test_a_bad_token_pushes_no_good_one_out() -> None:
    """Guessing fills no memory."""
    clock, registers = WoundClock(), Counted(Ledger())
    callers, good = Callers(registers, clock, TTL_S, 1), await token(registers, clock)
    await callers.caller(good)
    for n in range(10):
        assert await callers.caller(f"anpr_{n}") is None
    before = registers.looked_up
    await callers.caller(good)
    assert registers.looked_up == before


async def test_memory_is_bounded() -> None:
    """With more tokens than places the oldest is looked up again."""
    clock, registers = WoundClock(), Counted(Ledger())
    callers = Callers(registers, clock, TTL_S, 2)
    tokens = [await token(registers, clock, f"desk {n}") for n in range(3)]
    for each in [*tokens, tokens[0]]:
        assert await callers.caller(each) is not None
    assert registers.looked_up == 4


async def test_what_cannot_be_a_token_is_not_looked_up() -> None:
    """Nothing and far too much are refused at once."""
    registers = Counted(Ledger())
    callers = Callers(registers, WoundClock(), TTL_S, 2)
    assert await callers.caller("") is None
    assert await callers.caller("x" * (TOKEN_CHARS_MAX + 1)) is None
    assert registers.looked_up == 0
