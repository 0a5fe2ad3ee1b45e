/* LAN91C111. */
#include "board.h"
#include "clock.h"
#include "lib.h"
#include "selftest.h"
#include "selftest_irq.h"
#include "smc91c111.h"

static enum verdict revision(u32 unused)
{
	u32 value = smc_revision();
	return value >> 4 == SMC_CHIP_91C111 ? PASS : fail_value("revision register", 0x3391, value);
}

static enum verdict banks(u32 unused)
{
	for (u32 bank = 0; bank < 4; bank++) {
		wr16(ETH_BASE + 0xe, (u16)bank);
		u32 got = rd16(ETH_BASE + 0xe);
		if (got != (0x3300 | bank))
			return fail_value("bank select", 0x3300 | bank, got);
	}
	smc_start();
	u16 pointer = 0x4123;
	smc_write(SMC_POINTER, pointer);
	smc_write(SMC_RPCR, 0x0814);
	u16 got = smc_read(SMC_POINTER);
	return (got & 0x47ff) == pointer ? PASS : fail_value("pointer after using another bank", pointer, got);
}

static enum verdict address(u32 unused)
{
	smc_start();
	const u8 *mac = smc_mac();
	u8 saved[6];
	memcpy(saved, mac, 6);
	if (saved[0] & 1 || !(saved[0] | saved[1] | saved[2]))
		return fail_value("not a station address", 0x02, saved[0]);
	smc_write(SMC_IA, 0x1202);
	u16 got = smc_read(SMC_IA);
	smc_write(SMC_IA, le16(saved));
	if (got != 0x1202 && lax_model())
		return skip("this model does not let the address be set");
	return got == 0x1202 ? PASS : fail_value("IA0-1", 0x1202, got);
}

static enum verdict allocation(u32 unused)
{
	smc_start();
	u32 given = 0, seen = 0;
	for (int packet; given < 16 && (packet = smc_allocate()) >= 0; given++)
		seen |= 1u << packet;
	smc_start();
	u32 different = 0;
	for (; seen; seen &= seen - 1)
		different++;
	/* 8 KB in pages of 2 KB. */
	return different == 4 && given == 4 ? PASS : fail_value("packets given", 4, given << 16 | different);
}

static enum verdict interrupt(u32 unused)
{
	smc_start();
	expect_irq(IRQ_ETH);
	smc_write(SMC_INTERRUPT, 0x08 << 8); /* mask register: allocation */
	smc_allocate();
	bool came = irq_came(100000);
	smc_write(SMC_INTERRUPT, 0);
	smc_start();
	return came ? PASS : fail("no IRQ after an allocation");
}

static enum verdict loop_back(u32 length)
{
	static u8 out[FRAME_SIZE], in[FRAME_SIZE];
	if (lax_model())
		return skip("this model has no loop-back");
	smc_start();
	smc_write(SMC_TCR, TCR_TXENA | TCR_PAD_EN | TCR_FDUPLX | TCR_EPH_LOOP);
	memcpy(out, smc_mac(), 6);
	memcpy(out + 6, out, 6);
	put_be16(out + 12, 0x88b5); /* local experimental */
	for (u32 i = 14; i < length; i++)
		out[i] = (u8)(i * 7);
	enum verdict v = PASS;
	u32 got = 0;
	if (!smc_send(out, length))
		v = fail("no memory for the frame");
	for (u32 start = ticks(); v == PASS && !got && !passed(start, 100000);)
		got = smc_receive(in);
	if (v == PASS && !got)
		v = fail("the frame did not come back");
	else if (v == PASS && got != length)
		v = fail_value("length", length, got);
	else if (v == PASS && memcmp(in, out, length))
		v = fail("the frame came back changed");
	smc_start();
	return v;
}

static enum verdict phy(u32 unused)
{
	u16 high = smc_phy_read(2), low = smc_phy_read(3);
	if (high == 0x0016 && (low & 0xfff0) == 0xf840)
		return PASS;
	return lax_model() ? skip("this model has no PHY") : fail_value("PHY id", 0x0016f840, (u32)high << 16 | low);
}

static enum verdict (*const needs_chip[])(u32) = { banks, address, allocation, interrupt, phy };

static enum verdict run_if_present(u32 n)
{
	return smc_revision() >> 4 == SMC_CHIP_91C111 ? needs_chip[n](0) : skip("no LAN91C111");
}

static enum verdict loop_if_present(u32 length)
{
	return smc_revision() >> 4 == SMC_CHIP_91C111 ? loop_back(length) : skip("no LAN91C111");
}

const struct test network_tests[] = {
	{ "eth revision", revision, 0 },
	{ "eth banks", run_if_present, 0 },
	{ "eth address", run_if_present, 1 },
	{ "eth allocation", run_if_present, 2 },
	{ "eth interrupt", run_if_present, 3 },
	{ "eth loop-back 60", loop_if_present, 60 },
	{ "eth loop-back 1514", loop_if_present, 1514 },
	{ "eth loop-back 301", loop_if_present, 301 },
	{ "eth phy", run_if_present, 4 },
};
const u32 network_tests_count = COUNT_OF(network_tests);
