/* CIC, PIC and SIC. */
#include "board.h"
#include "clock.h"
#include "cpu.h"
#include "irq.h"
#include "selftest.h"
#include "selftest_irq.h"

static volatile u32 came;
static u32 expected;

static void on_irq(void)
{
	came++;
	wr32(PIC_BASE + IC_ENCLR, 1u << expected);
}

void expect_irq(u32 line)
{
	came = 0;
	expected = line;
	irq_attach(line, on_irq);
}

bool irq_came(u32 us)
{
	u32 start = ticks();
	while (!came && !passed(start, us))
		;
	irq_detach(expected);
	return came != 0;
}

/* Enable bits can be set and cleared one by one; the line used has no source that is active. */
static enum verdict enables(u32 base)
{
	u32 before = rd32(base + IC_ENSET), line = 1u << 9;
	wr32(base + IC_ENSET, line);
	u32 set = rd32(base + IC_ENSET);
	wr32(base + IC_ENCLR, line);
	u32 cleared = rd32(base + IC_ENSET);
	if (set != (before | line))
		return fail_value("after setting", before | line, set);
	return cleared == (before & ~line) ? PASS : fail_value("after clearing", before & ~line, cleared);
}

static enum verdict pic_soft_irq(u32 unused)
{
	expect_irq(IRQ_SOFT);
	wr32(PIC_BASE + IC_SOFTSET, 1);
	bool arrived = irq_came(10000);
	u32 raw = rd32(PIC_BASE + IC_RAW) & 1, status = rd32(PIC_BASE + IC_STATUS) & 1;
	wr32(PIC_BASE + IC_SOFTCLR, 1);
	if (!arrived)
		return fail("no IRQ came");
	if (!raw || status)
		return fail_value("raw and masked status", 2, raw << 1 | status);
	return rd32(PIC_BASE + IC_RAW) & 1 ? fail("the line stays after SOFT_INTCLR") : PASS;
}

static enum verdict pic_soft_fiq(u32 unused)
{
	fiq_count = 0;
	fiq_allow(true);
	wr32(PIC_BASE + IC_FIQ_ENSET, 1);
	wr32(PIC_BASE + IC_SOFTSET, 1);
	u32 start = ticks();
	while (!fiq_count && !passed(start, 10000))
		;
	fiq_allow(false);
	wr32(PIC_BASE + IC_FIQ_ENCLR, 1);
	wr32(PIC_BASE + IC_SOFTCLR, 1);
	return fiq_count == 1 ? PASS : fail_value("FIQs taken", 1, fiq_count);
}

static enum verdict sic_cascade(u32 unused)
{
	expect_irq(IRQ_SIC);
	wr32(SIC_BASE + IC_ENSET, 1);
	wr32(SIC_BASE + IC_SOFTSET, 1);
	bool arrived = irq_came(10000);
	wr32(SIC_BASE + IC_SOFTCLR, 1);
	wr32(SIC_BASE + IC_ENCLR, 1);
	return arrived ? PASS : fail("the SIC's software interrupt does not reach PIC line 26");
}

static enum verdict cic_soft_irq(u32 unused)
{
	wr32(CIC_BASE + IC_SOFTSET, 1);
	u32 raw = rd32(CIC_BASE + IC_RAW) & 1;
	wr32(CIC_BASE + IC_SOFTCLR, 1);
	if (!raw)
		return fail("no raw status");
	if (rd32(CIC_BASE + IC_RAW) & 1)
		return fail("the line stays after SOFT_INTCLR");
	if (lax_model())
		return skip("raw status only: this model stops when the core module interrupts");
	/* The dispatcher disables what the CIC raises, so the enable bit tells whether the IRQ came. */
	wr32(CIC_BASE + IC_SOFTSET, 1);
	wr32(CIC_BASE + IC_ENSET, 1);
	u32 start = ticks();
	while (rd32(CIC_BASE + IC_ENSET) & 1 && !passed(start, 10000))
		;
	bool arrived = !(rd32(CIC_BASE + IC_ENSET) & 1);
	wr32(CIC_BASE + IC_SOFTCLR, 1);
	wr32(CIC_BASE + IC_ENCLR, 1);
	return arrived ? PASS : fail("no IRQ came");
}

const struct test interrupt_tests[] = {
	{ "pic enable bits", enables, PIC_BASE },
	{ "pic software irq", pic_soft_irq, 0 },
	{ "pic software fiq", pic_soft_fiq, 0 },
	{ "sic enable bits", enables, SIC_BASE },
	{ "sic to pic", sic_cascade, 0 },
	{ "cic software irq", cic_soft_irq, 0 },
};
const u32 interrupt_tests_count = COUNT_OF(interrupt_tests);
