/* PL011, both: UART1 in full, UART0 as far as the console allows. */
#include "board.h"
#include "clock.h"
#include "cpu.h"
#include "selftest.h"
#include "selftest_irq.h"
#include "uart.h"

enum { DEPTH = 16 };
enum { LOOPED = 0x0d }; /* a terminal may see what loops: a return at the start of a line does no harm */
static const char no_loop[] = "this model has no loop-back";

static void loop_on(u32 base)
{
	uart_setup(base);
	wr32(base + UART_CR, CR_UARTEN | CR_TXE | CR_RXE | CR_LBE);
	for (u32 i = 0; i < 2 * DEPTH && !(rd32(base + UART_FR) & FR_RXFE); i++)
		rd32(base + UART_DR);
	wr32(base + UART_ICR, UINT_ALL);
}

static bool wait_flag(u32 at, u32 mask, u32 state)
{
	u32 start = ticks();
	while ((rd32(at) & mask) != state)
		if (passed(start, 20000))
			return false;
	return true;
}

/* Divisor, line control and FIFO levels keep exactly their bits (DDI 0183, section 3.3). */
static enum verdict registers(u32 base)
{
	uart_setup(base);
	wr32(base + UART_IBRD, 0xffffabcd);
	wr32(base + UART_FBRD, 0xffffffea);
	u32 ibrd = rd32(base + UART_IBRD), fbrd = rd32(base + UART_FBRD);
	wr32(base + UART_IFLS, 0x24);
	u32 ifls = rd32(base + UART_IFLS);
	uart_setup(base);
	if (ifls != 0x24)
		return fail_value("IFLS", 0x24, ifls);
	if (lax_model())
		return (ibrd & 0xffff) == 0xabcd && (fbrd & 0x3f) == 0x2a ? PASS : fail_value("IBRD", 0xabcd, ibrd);
	return ibrd != 0xabcd ? fail_value("IBRD", 0xabcd, ibrd) : fbrd != 0x2a ? fail_value("FBRD", 0x2a, fbrd) : PASS;
}

static enum verdict all_bytes(u32 base)
{
	if (lax_model())
		return skip(no_loop);
	loop_on(base);
	enum verdict v = PASS;
	for (u32 c = 0; c < 256 && v == PASS; c++) {
		wr32(base + UART_DR, c);
		if (!wait_flag(base + UART_FR, FR_RXFE, 0))
			v = fail_value("a byte did not come back", c, 0);
		u32 got = rd32(base + UART_DR);
		if (v == PASS && got != c)
			v = fail_value("a byte came back changed", c, got);
	}
	uart_setup(base);
	return v;
}

static enum verdict fifo_levels(u32 base)
{
	if (lax_model())
		return skip(no_loop);
	loop_on(base);
	enum verdict v = PASS;
	for (u32 i = 0; i < DEPTH; i++) {
		bool raised = (rd32(base + UART_RIS) & UINT_RX) != 0;
		if (raised != (i >= DEPTH / 2) && v == PASS)
			v = fail_value("receive interrupt at a level other than one half, at byte", DEPTH / 2, i);
		wr32(base + UART_DR, 'a' + i);
		wait_us(200); /* two characters at 115200 baud */
	}
	if (v == PASS && !(rd32(base + UART_FR) & FR_RXFF))
		v = fail("not full after 16 bytes");
	for (u32 i = 0; i < DEPTH; i++) {
		u32 got = rd32(base + UART_DR) & 0xff;
		if (v == PASS && got != 'a' + i)
			v = fail_value("order of bytes", 'a' + i, got);
	}
	if (v == PASS && (rd32(base + UART_FR) & (FR_RXFE | FR_RXFF)) != FR_RXFE)
		v = fail("not empty after reading all");
	uart_setup(base);
	return v;
}

static enum verdict receive_timeout(u32 base)
{
	if (lax_model())
		return skip(no_loop);
	loop_on(base);
	wr32(base + UART_DR, 'x');
	/* 32 bit times after the last character: 278 us at 115200 baud. */
	bool came = wait_flag(base + UART_RIS, UINT_RT, UINT_RT);
	rd32(base + UART_DR);
	bool went = !(rd32(base + UART_RIS) & UINT_RT);
	uart_setup(base);
	if (!came)
		return fail("no timeout interrupt for a lone byte");
	return went ? PASS : fail("reading does not end the timeout");
}

/* Raw and masked status, clearing, and the line to the PIC, by the transmit interrupt. */
static enum verdict transmit_interrupt(u32 base)
{
	enum verdict v = PASS;
	u32 line = base == UART0_BASE ? IRQ_UART0 : IRQ_UART1;
	loop_on(base);
	for (u32 i = 0; i < DEPTH; i++)
		wr32(base + UART_DR, 'A' + i);
	if (!wait_flag(base + UART_RIS, UINT_TX, UINT_TX))
		v = fail("no raw status after sending 16 bytes");
	else if (rd32(base + UART_MIS) & UINT_TX)
		v = fail("masked status though masked");
	else {
		expect_irq(line);
		wr32(base + UART_IMSC, UINT_TX);
		if (!irq_came(10000))
			v = fail("no IRQ came");
		else if (!(rd32(base + UART_MIS) & UINT_TX))
			v = fail("no masked status though unmasked");
		wr32(base + UART_ICR, UINT_TX);
		if (v == PASS && rd32(base + UART_RIS) & UINT_TX)
			v = fail("ICR does not clear");
	}
	wait_us(2000);
	uart_setup(base);
	return v;
}

/* The console in loop-back for one byte. What a terminal sends in that moment would be lost on hardware. */
static enum verdict console_loop(u32 base)
{
	if (lax_model())
		return skip(no_loop);
	console_flush();
	u32 state = interrupts_off();
	wr32(base + UART_CR, CR_UARTEN | CR_TXE | CR_RXE | CR_LBE);
	bool waiting = !(rd32(base + UART_FR) & FR_RXFE), came = false;
	u32 got = 0;
	if (!waiting) {
		wr32(base + UART_DR, LOOPED);
		came = wait_flag(base + UART_FR, FR_RXFE, 0);
		got = came ? rd32(base + UART_DR) & 0xff : 0;
	}
	wr32(base + UART_CR, CR_UARTEN | CR_TXE | CR_RXE);
	interrupts_restore(state);
	if (waiting)
		return skip("input is waiting");
	return !came ? fail("the byte did not come back") : got == LOOPED ? PASS : fail_value("byte", LOOPED, got);
}

static enum verdict console_flags(u32 base)
{
	console_flush();
	u32 flags = rd32(base + UART_FR) & (FR_TXFE | FR_TXFF | FR_BUSY);
	return flags == FR_TXFE ? PASS : fail_value("flags when idle", FR_TXFE, flags);
}

const struct test uart_tests[] = {
	{ "uart0 id", id_test, 0 },
	{ "uart0 flags", console_flags, UART0_BASE },
	{ "uart0 loop-back", console_loop, UART0_BASE },
	{ "uart1 id", id_test, 1 },
	{ "uart1 registers", registers, UART1_BASE },
	{ "uart1 loop-back", all_bytes, UART1_BASE },
	{ "uart1 fifo levels", fifo_levels, UART1_BASE },
	{ "uart1 receive timeout", receive_timeout, UART1_BASE },
	{ "uart1 transmit interrupt", transmit_interrupt, UART1_BASE },
};
const u32 uart_tests_count = COUNT_OF(uart_tests);
