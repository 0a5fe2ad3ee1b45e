/* KMI, CLCD, MMCI, AACI. */
#include "aaci.h"
#include "board.h"
#include "clock.h"
#include "kmi.h"
#include "lib.h"
#include "mmc.h"
#include "pl110.h"
#include "selftest.h"
#include "selftest_irq.h"

enum { PS2_ACK = 0xfa, PS2_PASSED = 0xaa, PS2_RESET = 0xff, PS2_IDENTIFY = 0xf2, PS2_DEFAULTS = 0xf6 };

/* Sends a byte and compares the answers; a reset takes up to 750 ms. */
static enum verdict ask(u32 base, u8 byte, const u8 *answers, u32 count)
{
	if (!kmi_send(base, byte))
		return fail("the transmitter is never empty");
	for (u32 i = 0; i < count; i++) {
		int got = kmi_receive(base, 1000000);
		if (got < 0)
			return fail_value("no answer, byte", answers[i], i);
		if (got != answers[i])
			return fail_value("answer", answers[i], (u32)got);
	}
	return PASS;
}

static enum verdict keyboard(u32 base)
{
	static const u8 reset[] = { PS2_ACK, PS2_PASSED }, identity[] = { PS2_ACK, 0xab, 0x83 };
	kmi_start(base);
	enum verdict v = ask(base, PS2_RESET, reset, sizeof reset);
	if (v == PASS)
		v = ask(base, PS2_IDENTIFY, identity, sizeof identity);
	kmi_stop(base);
	return v;
}

static enum verdict mouse(u32 base)
{
	static const u8 reset[] = { PS2_ACK, PS2_PASSED, 0x00 }, identity[] = { PS2_ACK, 0x00 };
	kmi_start(base);
	enum verdict v = ask(base, PS2_RESET, reset, sizeof reset);
	if (v == PASS)
		v = ask(base, PS2_IDENTIFY, identity, sizeof identity);
	kmi_stop(base);
	return v;
}

static enum verdict kmi_interrupt(u32 base)
{
	enum verdict v = PASS;
	kmi_start(base);
	expect_irq(base == KMI0_BASE ? IRQ_KMI0 : IRQ_KMI1);
	wr32(base + KMI_CR, rd32(base + KMI_CR) | KMI_RXINTREN);
	kmi_send(base, PS2_DEFAULTS);
	if (!irq_came(100000))
		v = fail("no IRQ came with the answer");
	else if (!(rd32(base + KMI_IR) & 1))
		v = fail("KMIIR does not show the receive interrupt");
	int got = kmi_receive(base, 100000);
	if (v == PASS && got != PS2_ACK)
		v = fail_value("answer", PS2_ACK, (u32)got);
	kmi_stop(base);
	return v;
}

const struct test input_tests[] = {
	{ "kmi0 id", id_test, 3 },
	{ "kmi0 keyboard", keyboard, KMI0_BASE },
	{ "kmi0 interrupt", kmi_interrupt, KMI0_BASE },
	{ "kmi1 id", id_test, 4 },
	{ "kmi1 mouse", mouse, KMI1_BASE },
	{ "kmi1 interrupt", kmi_interrupt, KMI1_BASE },
};
const u32 input_tests_count = COUNT_OF(input_tests);

static enum verdict lcd_registers(u32 unused)
{
	static const struct {
		u32 at, value;
	} rows[] = { { LCD_TIMING0, 0x2f0f5f9c }, { LCD_TIMING1, 0x210a05df }, { LCD_TIMING2, 0x067f3800 },
		     { LCD_UPBASE, FRAME_BUFFER }, { LCD_LPBASE, FRAME_BUFFER } };
	for (u32 i = 0; i < COUNT_OF(rows); i++) {
		u32 saved = rd32(CLCD_BASE + rows[i].at);
		wr32(CLCD_BASE + rows[i].at, rows[i].value);
		u32 got = rd32(CLCD_BASE + rows[i].at);
		wr32(CLCD_BASE + rows[i].at, saved);
		if (got != rows[i].value)
			return fail_value("register", rows[i].value, got);
	}
	return PASS;
}

static enum verdict lcd_palette(u32 unused)
{
	enum verdict v = PASS;
	for (u32 i = 0; i < 128; i++)
		wr32(CLCD_BASE + LCD_PALETTE + 4 * i, i * 0x01010101);
	for (u32 i = 0; i < 128 && v == PASS; i++) {
		u32 got = rd32(CLCD_BASE + LCD_PALETTE + 4 * i);
		if (got != i * 0x01010101)
			v = fail_value("palette word", i * 0x01010101, got);
	}
	return v;
}

/* The base address update comes once a frame, 60 times a second. */
static enum verdict lcd_frame_interrupt(u32 unused)
{
	bool was_on = (rd32(CLCD_BASE + LCD_CONTROL) & LCDC_EN) != 0;
	if (!was_on)
		lcd_on(FRAME_BUFFER);
	u32 raw = 0;
	wr32(CLCD_BASE + LCD_RIS, 0x1e);  /* a PL110 clears where it reads, */
	wr32(CLCD_BASE + 0x28, 0x1e); /* a PL111 here */
	for (u32 start = ticks(); !(raw & 4) && !passed(start, 100000);)
		raw = rd32(CLCD_BASE + LCD_RIS);
	if (!was_on)
		lcd_off();
	if (raw & 4)
		return PASS;
	return lax_model() ? skip("this model raises no frame interrupts") : fail("no base address update in 100 ms");
}

const struct test lcd_tests[] = {
	{ "clcd id", id_test, 7 },
	{ "clcd registers", lcd_registers, 0 },
	{ "clcd palette", lcd_palette, 0 },
	{ "clcd frame interrupt", lcd_frame_interrupt, 0 },
};
const u32 lcd_tests_count = COUNT_OF(lcd_tests);

static enum verdict mmci_interrupt(u32 unused)
{
	wr32(MMCI_BASE + 0x38, 0x7ff);
	wr32(MMCI_BASE + 0x00, 0x3);   /* power on */
	wr32(MMCI_BASE + 0x04, 0x100); /* clock on */
	expect_irq(IRQ_MMCI0);
	wr32(MMCI_BASE + 0x3c, 1u << 7); /* MASK0: command sent */
	wr32(MMCI_BASE + 0x0c, 1u << 10); /* CMD0 without response */
	bool came = irq_came(100000);
	wr32(MMCI_BASE + 0x3c, 0);
	wr32(MMCI_BASE + 0x38, 0x7ff);
	wr32(MMCI_BASE + 0x0c, 0);
	return came ? PASS : fail("no IRQ after CMD0 was sent");
}

static enum verdict card(u32 unused)
{
	static struct card c;
	static u8 first[SECTOR] __attribute__((aligned(4))), again[SECTOR] __attribute__((aligned(4)));
	const char *wrong = card_start(&c);
	if (wrong)
		return skip(wrong);
	if (!c.sectors)
		return fail("the card's capacity is 0");
	wrong = card_read(&c, 0, first);
	if (!wrong)
		wrong = card_read(&c, c.sectors - 1, again);
	if (!wrong)
		wrong = card_read(&c, 0, again);
	if (wrong)
		return fail(wrong);
	return memcmp(first, again, SECTOR) ? fail("sector 0 read twice differs") : PASS;
}

const struct test card_tests[] = {
	{ "mmci id", id_test, 5 },
	{ "mmci interrupt", mmci_interrupt, 0 },
	{ "mmci card", card, 0 },
};
const u32 card_tests_count = COUNT_OF(card_tests);

static enum verdict codec_id(u32 unused)
{
	u16 high, low;
	aaci_start();
	if (!codec_read(0x7c, &high) || !codec_read(0x7e, &low))
		return fail("the codec does not answer");
	/* Vendor letters: three capital letters and a number (AC'97 2.3, section 5.7.14). */
	bool letters = high >> 8 >= 'A' && high >> 8 <= 'Z' && (high & 0xff) >= 'A' && (high & 0xff) <= 'Z';
	return letters ? PASS : fail_value("vendor id", 0x4e534331, (u32)high << 16 | low);
}

static enum verdict codec_volume(u32 unused)
{
	u16 before, after;
	aaci_start();
	if (!codec_read(0x02, &before) || !codec_write(0x02, 0x0a0b) || !codec_read(0x02, &after))
		return fail("the codec does not answer");
	codec_write(0x02, before);
	return after == 0x0a0b ? PASS : fail_value("master volume", 0x0a0b, after);
}

const struct test audio_tests[] = {
	{ "aaci id", id_test, 6 },
	{ "aaci codec id", codec_id, 0 },
	{ "aaci codec volume", codec_volume, 0 },
};
const u32 audio_tests_count = COUNT_OF(audio_tests);
