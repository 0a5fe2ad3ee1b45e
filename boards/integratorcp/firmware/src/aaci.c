#include "aaci.h"
#include "board.h"
#include "clock.h"

#define SL1RX (AACI_BASE + 0x50u)
#define SL1TX (AACI_BASE + 0x54u)
#define SL2RX (AACI_BASE + 0x58u)
#define SL2TX (AACI_BASE + 0x5cu)
#define SLFR (AACI_BASE + 0x68u)
#define MAINCR (AACI_BASE + 0x78u)
#define RESET (AACI_BASE + 0x7cu)
#define SLFR_1TXB (1u << 1)
#define SLFR_2TXB (1u << 3)
#define SLFR_1RXV (1u << 6)
#define SLFR_2RXV (1u << 8)
#define MAINCR_AACIFE (1u << 0)
#define MAINCR_SLOTS_12 (0xfu << 3) /* receive and transmit, slots 1 and 2 */
#define AC97_READ (1u << 19)

void aaci_start(void)
{
	wr32(MAINCR, 0);
	wr32(RESET, 0);
	wait_us(2);
	wr32(RESET, 1);
	wait_us(100);
	wr32(MAINCR, MAINCR_AACIFE | MAINCR_SLOTS_12);
	wait_us(100);
}

/* Waits for flags to be `state`; a frame takes 21 us. */
static bool wait_flags(u32 flags, u32 state)
{
	u32 start = ticks();
	while ((rd32(SLFR) & flags) != state)
		if (passed(start, 2000))
			return false;
	return true;
}

bool codec_write(u32 reg, u16 value)
{
	wr32(SL2TX, (u32)value << 4);
	wr32(SL1TX, reg << 12);
	return wait_flags(SLFR_1TXB | SLFR_2TXB, 0);
}

bool codec_read(u32 reg, u16 *value)
{
	if (rd32(SLFR) & SLFR_1RXV)
		rd32(SL1RX);
	if (rd32(SLFR) & SLFR_2RXV)
		rd32(SL2RX);
	wr32(SL1TX, AC97_READ | reg << 12);
	if (!wait_flags(SLFR_1TXB, 0) || !wait_flags(SLFR_1RXV | SLFR_2RXV, SLFR_1RXV | SLFR_2RXV))
		return false;
	u32 answered = rd32(SL1RX) >> 12 & 0x7f;
	*value = (u16)(rd32(SL2RX) >> 4);
	return answered == reg;
}
