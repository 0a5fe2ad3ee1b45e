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

u32 timer_rate(u32 n, u32 prescale)
{
	timer_stop(n);
	wr32(TIMER_BASE(n) + TIMER_LOAD, 0xffffffff);
	wr32(TIMER_BASE(n) + TIMER_CONTROL, TCTL_32BIT | TCTL_ENABLE | prescale);
	u32 start = ticks(), first = rd32(TIMER_BASE(n) + TIMER_VALUE);
	wait_us(20000);
	u32 counted = first - rd32(TIMER_BASE(n) + TIMER_VALUE), took = ticks() - start;
	timer_stop(n);
	return (u32)((u64)counted * (TICKS_PER_US * 1000000u) / took);
}

u32 timer_interrupts(u32 n, u32 load, u32 us)
{
	static const irq_handler handlers[] = { on_timer0, on_timer1, on_timer2 };
	timer_stop(n);
	taken[n] = 0;
	irq_attach(IRQ_TIMER0 + n, handlers[n]);
	wr32(TIMER_BASE(n) + TIMER_LOAD, load);
	wr32(TIMER_BASE(n) + TIMER_CONTROL, TCTL_32BIT | TCTL_PERIODIC | TCTL_IE | TCTL_ENABLE);
	wait_us(us);
	timer_stop(n);
	irq_detach(IRQ_TIMER0 + n);
	return taken[n];
}

int timer_command(int argc, char **argv)
{
	print("time base: %s\n", clock_source());
	for (u32 n = 0; n < 3; n++) {
		u32 rate = timer_rate(n, 0);
		print("timer %u: %u Hz, /16 %u Hz, /256 %u Hz", n, rate, timer_rate(n, TCTL_PRESCALE16),
		      timer_rate(n, TCTL_PRESCALE256));
		u32 load = rate / 200; /* a period of 5 ms */
		print("; %u interrupts in 100 ms at 5 ms\n", load ? timer_interrupts(n, load, 100000) : 0);
	}
	return 0;
}
