#include "cpu.h"
#include "exception.h"
#include "print.h"

u32 recovery[10];
bool exception_quiet;
const char *exception_name;
u32 exception_address;

static volatile bool probing, probe_failed;

static const char *const kinds[] = { "undefined instruction", "prefetch abort", "data abort", "reserved exception" };

/* Fault status encodings of an ARMv5 (ARM ARM, table "Fault Status Register encodings"). */
static const char *fault_text(u32 status)
{
	switch (status & 0xf) {
	case 0x1: case 0x3: return "alignment";
	case 0x4: case 0x6: return "external abort on line fetch";
	case 0x5: return "translation, section";
	case 0x7: return "translation, page";
	case 0x8: case 0xa: return "external abort";
	case 0x9: return "domain, section";
	case 0xb: return "domain, page";
	case 0xc: case 0xe: return "external abort on translation";
	case 0xd: return "permission, section";
	case 0xf: return "permission, page";
	default: return "unknown";
	}
}

static void report(u32 kind, const u32 *registers, u32 spsr)
{
	print("\n*** %s at pc %08x", kinds[kind], registers[13]);
	if (kind == 2) {
		u32 status = cp15_data_fault_status();
		print(", address %08x, status %02x (%s)", cp15_fault_address(), status & 0xff, fault_text(status));
	} else if (kind == 1) {
		u32 status = cp15_instruction_fault_status();
		print(", status %02x (%s)", status & 0xff, fault_text(status));
	}
	print("\n");
	for (u32 i = 0; i < 13; i++)
		print("%sr%-2u %08x%s", i % 4 ? "  " : "    ", i, registers[i], i % 4 == 3 ? "\n" : "");
	print("  psr %08x\n", spsr);
}

/* Called from start.S; registers are r0-r12 and the address of the instruction. */
void exception(u32 kind, const u32 *registers, u32 spsr)
{
	if (probing && kind == 2) {
		probe_failed = true;
		return;
	}
	probing = false;
	exception_name = kinds[kind];
	exception_address = kind == 2 ? cp15_fault_address() : registers[13];
	if (!exception_quiet)
		report(kind, registers, spsr);
	restore_context(recovery, ABORTED);
}

bool probe32(u32 at, u32 *value)
{
	probe_failed = false;
	probing = true;
	*value = rd32(at);
	probing = false;
	return !probe_failed;
}

bool probe16(u32 at, u16 *value)
{
	probe_failed = false;
	probing = true;
	*value = rd16(at);
	probing = false;
	return !probe_failed;
}
