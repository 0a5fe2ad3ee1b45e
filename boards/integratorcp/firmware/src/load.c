#include "board.h"
#include "clock.h"
#include "core_module.h"
#include "crc.h"
#include "load.h"
#include "print.h"

u32 load_and_report(loader load, const char *name, u32 at)
{
	u32 size = 0, start = ticks();
	if (at < FRAME_BUFFER || at >= ram_size()) {
		print("%08x is not free memory; that is %08x-%08x\n", at, FRAME_BUFFER, ram_size() - 1);
		return 0;
	}
	const char *wrong = load(name, at, ram_size() - at, &size);
	if (wrong) {
		print("%s: %s\n", name, wrong);
		return 0;
	}
	print("%s: %u bytes at %08x in %u ms, crc32 %08x\n", name, size, at, (ticks() - start) / (TICKS_PER_US * 1000),
	      crc32(at, size));
	return size;
}
