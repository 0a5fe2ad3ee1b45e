#include "board.h"
#include "clock.h"
#include "command.h"
#include "irq.h"
#include "print.h"
#include "timer.h"

static volatile u32 taken[3];

static void taken_by(u32 n)
{
	wr32(TIMER_BASE(n) + TIMER_INTCLR, 1);
	taken[n]++;
}
static void on_timer0(void) { taken_by(0); }
static void on_timer1(void) { taken_by(1); }
static void on_timer2(void) { taken_by(2); }

void timer_stop(u32 n)
{
	wr32(TIMER_BASE(n) + TIMER_CONTROL, TCTL_32BIT);
	wr32(TIMER_BASE(n) + TIMER_INTCLR, 1);
}

void timer_free_run(u32 n)
{
	timer_stop(n);
	wr32(TIMER_BASE(n) + TIMER_LOAD, 0xffffffff);
	wr32(TIMER_BASE(n) + TIMER_CONTROL, TCTL_32BIT | TCTL_ENABLE);
}

/* Time and value of the same moment: read again while something (a busy host) came between. */
static void sample(u32 n, u32 *time, u32 *value)
{
	for (u32 tries = 0; tries < 50; tries++) {
		*time = ticks();
		*value = rd32(TIMER_BASE(n) + TIMER_VALUE);
		if (ticks() - *time < 10 * TICKS_PER_US)
			return;
	}
}

u32 timer_rate(u32 n, u32 prescale)
{
	u32 start, first, end, last;
	timer_stop(n);
	wr32(TIMER_BASE(n) + TIMER_LOAD, 0xffffffff);
	wr32(TIMER_BASE(n) + TIMER_CONTROL, TCTL_32BIT | TCTL_ENABLE | prescale);
	sample(n, &start, &first);
	wait_us(20000);
	sample(n, &end, &last);
	timer_stop(n);
	return end == start ? 0 : (u32)((u64)(first - last) * (TICKS_PER_US * 1000000u) / (end - start));
}

u32 timer_interrupts(u32 n, u32 load, u32 count)
{
	static const irq_handler handlers[] = { on_timer0, on_timer1, on_timer2 };
	timer_stop(n);
	taken[n] = 0;
	irq_attach(IRQ_TIMER0 + n, handlers[n]);
	u32 start = ticks();
	wr32(TIMER_BASE(n) + TIMER_LOAD, load);
	wr32(TIMER_BASE(n) + TIMER_CONTROL, TCTL_32BIT | TCTL_PERIODIC | TCTL_IE | TCTL_ENABLE);
	while (taken[n] < count && !passed(start, 2000000))
		;
	u32 us = (ticks() - start) / TICKS_PER_US;
	timer_stop(n);
	irq_detach(IRQ_TIMER0 + n);
	return taken[n] < count ? 0 : us;
}

int timer_command(int argc, char **argv)
{
	print("time base: %s\n", clock_source());
	for (u32 n = 0; n < 3; n++) {
		u32 rate = timer_rate(n, 0);
		print("timer %u: %u Hz, /16 %u Hz, /256 %u Hz", n, rate, timer_rate(n, TCTL_PRESCALE16),
		      timer_rate(n, TCTL_PRESCALE256));
		u32 load = rate / 200; /* a period of 5 ms */
		u32 us = load ? timer_interrupts(n, load, 20) : 0;
		if (us)
			print("; 20 interrupts at 5 ms took %u us\n", us);
		else
			print("; no 20 interrupts in 2 s\n");
	}
	return 0;
}
