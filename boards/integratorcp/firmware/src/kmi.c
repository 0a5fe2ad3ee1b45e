#include "clock.h"
#include "kmi.h"

#define CR_EN (1u << 2)
#define STAT_TXEMPTY (1u << 6)
#define STAT_RXFULL (1u << 4)
#define DIV_24MHZ 2u /* KMICLK 8 MHz = 24 MHz / (2 + 1) */

int kmi_receive(u32 base, u32 us)
{
	u32 start = ticks();
	while (!(rd32(base + KMI_STAT) & STAT_RXFULL))
		if (passed(start, us))
			return -1;
	return (int)(rd32(base + KMI_DATA) & 0xff);
}

void kmi_start(u32 base)
{
	wr32(base + KMI_CLKDIV, DIV_24MHZ);
	wr32(base + KMI_CR, CR_EN);
	for (u32 i = 0; i < 64 && kmi_receive(base, 0) >= 0; i++) /* what was waiting */
		;
}

void kmi_stop(u32 base)
{
	wr32(base + KMI_CR, 0);
}

bool kmi_send(u32 base, u8 byte)
{
	u32 start = ticks();
	while (!(rd32(base + KMI_STAT) & STAT_TXEMPTY))
		if (passed(start, 50000))
			return false;
	wr32(base + KMI_DATA, byte);
	return true;
}
