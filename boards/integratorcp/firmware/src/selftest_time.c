/* Counter/timers and PL031. */
#include "board.h"
#include "clock.h"
#include "rtc.h"
#include "selftest.h"
#include "selftest_irq.h"
#include "timer.h"

static enum verdict counting(u32 n)
{
	u32 rate = timer_rate(n, 0);
	/* Timer 0 runs at the bus clock, the others at 1 MHz (DUI 0159, section 4.9). */
	u32 least = n ? 950000 : 10000000, most = n ? 1050000 : 100000000;
	return rate < least ? fail_value("rate in Hz too low", least, rate)
			    : rate > most ? fail_value("rate in Hz too high", most, rate) : PASS;
}

static enum verdict prescaler(u32 n)
{
	u32 full = timer_rate(n, 0), by16 = timer_rate(n, TCTL_PRESCALE16), by256 = timer_rate(n, TCTL_PRESCALE256);
	if (by16 < full / 18 || by16 > full / 14)
		return fail_value("rate by 16", full / 16, by16);
	return by256 < full / 300 || by256 > full / 220 ? fail_value("rate by 256", full / 256, by256) : PASS;
}

static enum verdict one_shot(u32 n)
{
	u32 at = TIMER_BASE(n);
	timer_stop(n);
	wr32(at + TIMER_LOAD, 1000);
	wr32(at + TIMER_CONTROL, TCTL_ENABLE | TCTL_32BIT | TCTL_ONESHOT);
	/* Due after 25 us to 1 ms by the timer's clock; a busy host may be late. */
	for (u32 start = ticks(); !rd32(at + TIMER_RIS) && !passed(start, 1000000);)
		;
	u32 raw = rd32(at + TIMER_RIS), masked = rd32(at + TIMER_MIS), value = rd32(at + TIMER_VALUE);
	wr32(at + TIMER_INTCLR, 1);
	u32 cleared = rd32(at + TIMER_RIS);
	timer_stop(n);
	if (raw != 1 || masked != 0)
		return fail_value("raw and masked status", 2, raw << 1 | masked);
	if (value)
		return fail_value("value after the shot", 0, value);
	return cleared ? fail("INTCLR does not clear") : PASS;
}

static enum verdict wraps_at_16_bits(u32 n)
{
	u32 at = TIMER_BASE(n);
	timer_stop(n);
	wr32(at + TIMER_CONTROL, TCTL_ENABLE);
	wr32(at + TIMER_LOAD, 100);
	wait_us(500);
	u32 value = rd32(at + TIMER_VALUE);
	timer_stop(n);
	return value <= 0xffff ? PASS : fail_value("16-bit value", 0xffff, value);
}

static enum verdict interrupts(u32 n)
{
	u32 rate = timer_rate(n, 0);
	u32 us = rate ? timer_interrupts(n, rate / 200, 20) : 0;
	/* 20 periods of 5 ms: a busy host may merge some and so take longer, but never shorter. */
	if (!us)
		return fail("no 20 interrupts in 2 s");
	return us < 95000 ? fail_value("us for 20 periods of 5 ms", 100000, us) : PASS;
}

static enum verdict rtc_load(u32 unused)
{
	u32 now = rd32(RTC_BASE + RTC_DR);
	wr32(RTC_BASE + RTC_LR, 1234567890);
	u32 got = rd32(RTC_BASE + RTC_DR);
	wr32(RTC_BASE + RTC_LR, now);
	u32 off = got - 1234567890, off_again = rd32(RTC_BASE + RTC_DR) - now;
	/* A second may pass between; hardware takes a load over at the next one. */
	if (off > 1) {
		wait_us(1100000);
		return skip("LR takes effect later than at once");
	}
	return off_again <= 1 ? PASS : fail_value("time after restoring it", now, now + off_again);
}

static enum verdict rtc_match(u32 unused)
{
	wr32(RTC_BASE + RTC_ICR, 1);
	wr32(RTC_BASE + RTC_IMSC, 0);
	wr32(RTC_BASE + RTC_CR, 1);
	u32 now = rd32(RTC_BASE + RTC_DR), match = now + 1;
	wr32(RTC_BASE + RTC_MR, match);
	expect_irq(IRQ_RTC);
	wr32(RTC_BASE + RTC_IMSC, 1);
	bool came = irq_came(2500000);
	u32 later = rd32(RTC_BASE + RTC_DR), masked = rd32(RTC_BASE + RTC_MIS);
	wr32(RTC_BASE + RTC_IMSC, 0);
	wr32(RTC_BASE + RTC_ICR, 1);
	if (!came)
		return later == now ? fail("the clock stands still") : fail("no IRQ at the match");
	if (masked != 1)
		return fail_value("masked status", 1, masked);
	if (later - match > 1)
		return fail_value("time of the match", match, later);
	return rd32(RTC_BASE + RTC_RIS) ? fail("ICR does not clear") : PASS;
}

#define TIMER_TESTS(n) \
	{ "timer" #n " rate", counting, n }, { "timer" #n " prescaler", prescaler, n }, \
	{ "timer" #n " one-shot", one_shot, n }, { "timer" #n " 16 bits", wraps_at_16_bits, n }, \
	{ "timer" #n " interrupts", interrupts, n }

const struct test timer_tests[] = { TIMER_TESTS(0), TIMER_TESTS(1), TIMER_TESTS(2) };
const u32 timer_tests_count = COUNT_OF(timer_tests);

const struct test rtc_tests[] = {
	{ "rtc id", id_test, 2 },
	{ "rtc load", rtc_load, 0 },
	{ "rtc match interrupt", rtc_match, 0 },
};
const u32 rtc_tests_count = COUNT_OF(rtc_tests);
