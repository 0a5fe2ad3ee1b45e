#include "board.h"
#include "clock.h"
#include "core_module.h"
#include "exception.h"

#define MB (1u << 20)
#define LARGEST (256 * MB)

static bool holds(u32 at)
{
	u32 saved;
	if (!probe32(at, &saved))
		return false;
	wr32(at, 0x5aa5c33c);
	wr32(USER_RAM + 4, 0xffffffff); /* something else on the bus, so that a floating one is not believed */
	bool ok = rd32(at) == 0x5aa5c33c;
	wr32(at, saved);
	return ok;
}

/* True where an address bit is not decoded: writing at `at` shows at USER_RAM. */
static bool is_alias(u32 at)
{
	u32 low = rd32(USER_RAM), high = rd32(at);
	wr32(USER_RAM, 0x11111111);
	wr32(at, 0x22222222);
	bool same = rd32(USER_RAM) == 0x22222222;
	wr32(at, high);
	wr32(USER_RAM, low);
	return same;
}

u32 ram_size(void)
{
	static u32 size;
	if (size)
		return size;
	/* CM_SDRAM[4:2]: 16 MB shifted (DUI 0159, table 4-13). */
	u32 code = rd32(CM_SDRAM) >> 2 & 7;
	u32 limit = code <= 4 ? (16 * MB) << code : LARGEST;
	/* From 4 MB upwards; each doubling counts only while its upper half is memory of its own. */
	for (size = 4 * MB; size < limit; size *= 2)
		if (!holds(size + USER_RAM) || is_alias(size + USER_RAM))
			break;
	return size;
}

void core_module_control(u32 set, u32 clear)
{
	wr32(CM_LOCK, CM_LOCK_KEY);
	wr32(CM_CTRL, (rd32(CM_CTRL) & ~clear) | set);
	wr32(CM_LOCK, 0);
}

void core_module_reset(void)
{
	core_module_control(CM_CTRL_RESET, 0);
	wait_us(100000);
}
