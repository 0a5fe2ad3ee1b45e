#include "board.h"
#include "clock.h"
#include "timer.h"

#define STUCK 200000u /* equal readings in a row after which a counter counts as dead */

static enum { REFCNT, TIMER2, NONE } source;
static u32 steps; /* stands in for a counter when there is none */

static bool moves(u32 (*read)(void))
{
	u32 first = read();
	for (u32 i = 0; i < STUCK; i++)
		if (read() != first)
			return true;
	return false;
}

static u32 refcnt(void) { return rd32(CM_REFCNT); }
/* Timer 2 counts down at 1 MHz. */
static u32 timer2(void) { return ~rd32(TIMER_BASE(2) + TIMER_VALUE) * TICKS_PER_US; }

void clock_start(void)
{
	source = REFCNT;
	if (moves(refcnt))
		return;
	source = TIMER2;
	timer_free_run(2);
	if (!moves(timer2))
		source = NONE;
}

u32 ticks(void)
{
	if (source == REFCNT)
		return refcnt();
	return source == TIMER2 ? timer2() : (steps += TICKS_PER_US);
}

bool passed(u32 since, u32 us)
{
	static u32 last, same;
	u32 now = ticks();
	same = now == last ? same + 1 : 0;
	last = now;
	return now - since >= us * TICKS_PER_US || same > STUCK;
}

void wait_us(u32 us)
{
	u32 start = ticks();
	while (!passed(start, us))
		;
}

const char *clock_source(void)
{
	static const char *const names[] = { "CM_REFCNT, 24 MHz", "timer 2, 1 MHz", "none, counting loops" };
	return names[source];
}
