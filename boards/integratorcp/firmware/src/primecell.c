#include "board.h"
#include "exception.h"
#include "primecell.h"

const struct primecell primecells[] = {
	{ "UART0", UART0_BASE, 0x011 }, { "UART1", UART1_BASE, 0x011 }, { "RTC", RTC_BASE, 0x031 },
	{ "KMI0", KMI0_BASE, 0x050 },   { "KMI1", KMI1_BASE, 0x050 },   { "MMCI", MMCI_BASE, 0x181 },
	{ "AACI", AACI_BASE, 0x041 },   { "CLCD", CLCD_BASE, 0x110 },
};
const u32 primecell_count = COUNT_OF(primecells);

static bool id_word(u32 at, u32 *word)
{
	*word = 0;
	for (u32 i = 0; i < 4; i++) {
		u32 value;
		if (!probe32(at + 4 * i, &value))
			return false;
		*word |= (value & 0xff) << 8 * i;
	}
	return true;
}

bool primecell_id(u32 base, u32 *part, u32 *revision, u32 *designer)
{
	u32 id, cell;
	if (!id_word(base + 0xfe0, &id) || !id_word(base + 0xff0, &cell) || cell != 0xb105f00d)
		return false;
	*part = id & 0xfff;
	*designer = id >> 12 & 0xff;
	*revision = id >> 20 & 0xf;
	return true;
}
