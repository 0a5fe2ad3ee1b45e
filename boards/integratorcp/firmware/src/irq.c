#include "board.h"
#include "cpu.h"
#include "irq.h"

static irq_handler handlers[PIC_LINES];
volatile u32 irq_unexpected;
volatile u32 fiq_count;

void irq_start(void)
{
	wr32(PIC_BASE + IC_ENCLR, 0xffffffff);
	wr32(PIC_BASE + IC_FIQ_ENCLR, 0xffffffff);
	wr32(SIC_BASE + IC_ENCLR, 0xffffffff);
	wr32(CIC_BASE + IC_ENCLR, 0xffffffff);
	wr32(CIC_BASE + IC_FIQ_ENCLR, 0xffffffff);
	interrupts_on();
}

void irq_attach(u32 line, irq_handler handler)
{
	handlers[line] = handler;
	wr32(PIC_BASE + IC_ENSET, 1u << line);
}

void irq_detach(u32 line)
{
	wr32(PIC_BASE + IC_ENCLR, 1u << line);
	handlers[line] = 0;
}

/* Called from start.S in IRQ mode. */
void irq_dispatch(void)
{
	u32 pending = rd32(PIC_BASE + IC_STATUS);
	if (!pending) {
		/* Nothing at the PIC: then it is the core module's own controller. Silence it. */
		wr32(CIC_BASE + IC_ENCLR, rd32(CIC_BASE + IC_STATUS));
		return;
	}
	for (u32 line = 0; line < PIC_LINES; line++) {
		if (!(pending & 1u << line))
			continue;
		if (handlers[line]) {
			handlers[line]();
		} else {
			wr32(PIC_BASE + IC_ENCLR, 1u << line);
			irq_unexpected |= 1u << line;
		}
	}
}

void fiq_dispatch(void)
{
	fiq_count++;
	wr32(PIC_BASE + IC_FIQ_ENCLR, 0xffffffff);
	wr32(CIC_BASE + IC_FIQ_ENCLR, 0xffffffff);
}
