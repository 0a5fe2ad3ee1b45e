/* boot: kernel, device tree and initial RAM disk to memory, and the Linux/ARM entry protocol. */
#include "board.h"
#include "command.h"
#include "core_module.h"
#include "cpu.h"
#include "fdt.h"
#include "lib.h"
#include "line.h"
#include "load.h"
#include "mmc.h"
#include "pl110.h"
#include "print.h"
#include "smc91c111.h"
#include "uart.h"

#define MACHINE_CINTEGRATOR 0x113u
#define ZIMAGE_MAGIC 0x016f2818u /* at offset 0x24 (Linux, Documentation/arm/booting) */
#define TREE_ROOM 0x10000u
#define DEFAULT_TREE "integratorcp.dtb"

enum { ATAG_CORE = 0x54410001, ATAG_MEM = 0x54410002, ATAG_INITRD2 = 0x54420005, ATAG_CMDLINE = 0x54410009 };

struct plan {
	loader load;
	const char *kernel, *tree, *initrd;
	char command_line[LINE_SIZE];
};

static u32 *put_tag(u32 *tag, u32 id, u32 words)
{
	tag[0] = words + 2;
	tag[1] = id;
	return tag + 2;
}

static void make_atags(u32 at, const struct plan *plan, u32 initrd, u32 initrd_size)
{
	u32 *tag = put_tag((u32 *)at, ATAG_CORE, 0);
	tag = put_tag(tag, ATAG_MEM, 2);
	*tag++ = ram_size();
	*tag++ = 0;
	if (initrd_size) {
		tag = put_tag(tag, ATAG_INITRD2, 2);
		*tag++ = initrd;
		*tag++ = initrd_size;
	}
	if (plan->command_line[0]) {
		u32 words = strlen(plan->command_line) / 4 + 1;
		tag = put_tag(tag, ATAG_CMDLINE, words);
		memset(tag, 0, words * 4);
		memcpy(tag, plan->command_line, strlen(plan->command_line));
		tag += words;
	}
	tag[0] = tag[1] = 0;
}

static bool parse(int argc, char **argv, struct plan *plan)
{
	int i = 1;
	memset(plan, 0, sizeof *plan);
	if (i < argc && (!strcmp(argv[i], "sd") || !strcmp(argv[i], "net")))
		plan->load = strcmp(argv[i++], "sd") ? load_from_network : load_from_card;
	for (; i < argc && strcmp(argv[i], "--"); i++) {
		if (starts_with(argv[i], "dtb="))
			plan->tree = argv[i] + 4;
		else if (starts_with(argv[i], "initrd="))
			plan->initrd = argv[i] + 7;
		else if (!plan->kernel)
			plan->kernel = argv[i];
		else
			return false;
	}
	if (!plan->kernel)
		plan->kernel = "zImage";
	for (i++; i < argc; i++) {
		u32 used = strlen(plan->command_line);
		if (used)
			plan->command_line[used++] = ' ';
		copy_string(plan->command_line + used, argv[i], sizeof plan->command_line - used);
	}
	return true;
}

/* Without a source named: the card where there is one, else the network. */
static loader default_source(void)
{
	struct card card;
	return card_start(&card) ? load_from_network : load_from_card;
}

static void start(u32 kernel, u32 parameters)
{
	print("starting the kernel at %08x, machine %x, parameters at %08x\n", kernel, MACHINE_CINTEGRATOR, parameters);
	if (smc_revision() >> 4 == SMC_CHIP_91C111)
		smc_stop();
	lcd_off();
	console_stop();
	wr32(PIC_BASE + IC_ENCLR, 0xffffffff);
	enter(kernel, 0, MACHINE_CINTEGRATOR, parameters);
}

int boot_command(int argc, char **argv)
{
	static struct plan plan;
	if (!parse(argc, argv, &plan))
		return -1;
	if (!plan.load)
		plan.load = default_source();
	/* A compressed kernel unpacks to the low end: it stands at a quarter, the rest from the half upwards. */
	u32 kernel = ram_size() / 4, initrd = ram_size() / 2;
	u32 tree = initrd - TREE_ROOM, loaded_tree = tree - TREE_ROOM, initrd_size = 0, tree_size = 0;
	if (!load_and_report(plan.load, plan.kernel, kernel))
		return 0;
	if (rd32(kernel + 0x24) != ZIMAGE_MAGIC) {
		print("%s is not a zImage\n", plan.kernel);
		return 0;
	}
	if (plan.initrd && !(initrd_size = load_and_report(plan.load, plan.initrd, initrd)))
		return 0;
	if (!plan.tree || strcmp(plan.tree, "none"))
		tree_size = load_and_report(plan.load, plan.tree ? plan.tree : DEFAULT_TREE, loaded_tree);
	if (!tree_size) {
		if (plan.tree && strcmp(plan.tree, "none"))
			return 0;
		print("no device tree: passing ATAGS\n");
		make_atags(tree, &plan, initrd, initrd_size);
		start(kernel, tree);
		return 0;
	}
	struct fdt_edit edit = { plan.command_line[0] ? plan.command_line : NULL, initrd_size ? initrd : 0,
				 initrd_size ? initrd + initrd_size : 0, ram_size() };
	if (!is_fdt(loaded_tree) || !fdt_copy(loaded_tree, tree, TREE_ROOM, &edit)) {
		print("the device tree is malformed or larger than %u bytes\n", TREE_ROOM);
		return 0;
	}
	start(kernel, tree);
	return 0;
}
