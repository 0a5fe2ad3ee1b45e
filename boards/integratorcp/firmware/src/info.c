#include "board.h"
#include "clock.h"
#include "command.h"
#include "core_module.h"
#include "cpu.h"
#include "exception.h"
#include "flash.h"
#include "primecell.h"
#include "print.h"
#include "smc91c111.h"

struct named {
	const char *name;
	u32 at;
};

/* One half of the cache type register (ARM926EJ-S TRM, section 2.3.3). */
static void print_cache(const char *name, u32 half)
{
	u32 size = half >> 6 & 0xf, ways = half >> 3 & 7, line = half & 3;
	bool odd = half >> 2 & 1; /* M: a multiplier of 3/2; with associativity 0: no cache */
	if (odd && !ways) {
		print("  %s cache  none\n", name);
		return;
	}
	print("  %s cache  %u KB, %u ways, %u-byte lines\n", name, ((odd ? 768u : 512u) << size) >> 10,
	      odd ? 3u << ways >> 1 : 1u << ways, 8u << line);
}

static void print_cpu(void)
{
	u32 id = cp15_id(), cache = cp15_cache_type(), control = cp15_control();
	static const char *const architectures[] = { "?", "v4", "v4T", "v5", "v5T", "v5TE", "v5TEJ", "v6" };
	u32 architecture = id >> 16 & 0xf;
	print("CPU\n  ID       %08x: implementer %02x '%c', part %03x, revision %u, ARM%s\n", id, id >> 24, id >> 24,
	      id >> 4 & 0xfff, id & 0xf, architecture < 8 ? architectures[architecture] : "v7 or later");
	print("  control  %08x: MMU %s, alignment check %s, D-cache %s, I-cache %s\n", control,
	      control & 1 ? "on" : "off", control & 2 ? "on" : "off", control & 4 ? "on" : "off",
	      control & 0x1000 ? "on" : "off");
	print("  cache    %08x: type %x, %s\n", cache, cache >> 25 & 0xf, cache >> 24 & 1 ? "separate" : "unified");
	print_cache("D", cache >> 12 & 0xfff);
	print_cache("I", cache & 0xfff);
}

static void print_registers(const char *title, const struct named *registers, u32 count)
{
	print("%s\n", title);
	for (u32 i = 0; i < count; i++) {
		u32 value;
		if (probe32(registers[i].at, &value))
			print("  %-12s %08x%s", registers[i].name, value, i % 3 == 2 || i + 1 == count ? "\n" : "");
		else
			print("  %-12s (abort)%s", registers[i].name, i % 3 == 2 || i + 1 == count ? "\n" : "");
	}
}

static const struct named core_module[] = {
	{ "CM_ID", CM_ID }, { "CM_PROC", CM_PROC }, { "CM_OSC", CM_OSC }, { "CM_CTRL", CM_CTRL },
	{ "CM_STAT", CM_STAT }, { "CM_LOCK", CM_LOCK }, { "CM_AUXOSC", CM_AUXOSC }, { "CM_SDRAM", CM_SDRAM },
	{ "CM_INIT", CM_INIT }, { "CM_REFCNT", CM_REFCNT }, { "CM_FLAGS", CM_FLAGS }, { "CM_NVFLAGS", CM_NVFLAGS },
};
static const struct named control[] = {
	{ "CP_IDFIELD", CPCR_BASE }, { "CP_FLASHPROG", CPCR_BASE + 4 }, { "CP_INTREG", CPCR_BASE + 8 },
	{ "CP_DECODE", CPCR_BASE + 12 },
};
static const struct named interrupts[] = {
	{ "PIC raw", PIC_BASE + IC_RAW }, { "PIC enable", PIC_BASE + IC_ENSET }, { "PIC status", PIC_BASE },
	{ "SIC raw", SIC_BASE + IC_RAW }, { "SIC enable", SIC_BASE + IC_ENSET }, { "SIC status", SIC_BASE },
	{ "CIC raw", CIC_BASE + IC_RAW }, { "CIC enable", CIC_BASE + IC_ENSET }, { "CIC status", CIC_BASE },
};

static void print_devices(void)
{
	print("Devices\n");
	for (u32 i = 0; i < primecell_count; i++) {
		const struct primecell *cell = &primecells[i];
		u32 part, revision, designer;
		print("  %08x  %-7s", cell->base, cell->name);
		if (primecell_id(cell->base, &part, &revision, &designer))
			print("PL%03x r%u, designer %02x%s\n", part, revision, designer,
			      part == cell->part ? "" : "  (another part than expected)");
		else
			print("no PrimeCell identification\n");
	}
	print("  %08x  %-7s", ETH_BASE, "ETH");
	u32 revision = smc_revision();
	if (revision >> 4 == SMC_CHIP_91C111) {
		print("LAN91C111 rev %u, MAC ", revision & 0xf);
		print_mac(smc_mac());
		print("\n");
	} else {
		print("no LAN91C111 (revision register %04x)\n", revision);
	}
	print("  %08x  %-7s", FLASH_BASE, "FLASH");
	struct cfi flash;
	if (cfi_query(&flash))
		print("CFI, %u MB, %u x %u-byte blocks, command set %04x, %u-bit\n", flash.size >> 20, flash.blocks,
		      flash.block_size, flash.command_set, flash.width * 8);
	else
		print("no CFI answer\n");
}

int info_command(int argc, char **argv)
{
	extern u8 monitor_end[];
	print_cpu();
	print("Memory\n  %u MB at 0; the monitor has 0-%x, its picture %x-%x\n", ram_size() >> 20,
	      (u32)monitor_end - 1, FRAME_BUFFER, USER_RAM - 1);
	print("Time base\n  %s\n", clock_source());
	print_registers("Core module", core_module, COUNT_OF(core_module));
	print_registers("CP control", control, COUNT_OF(control));
	print_registers("Interrupt controllers", interrupts, COUNT_OF(interrupts));
	print_devices();
	return 0;
}
