#include "clock.h"
#include "command.h"
#include "core_module.h"
#include "cpu.h"
#include "exception.h"
#include "irq.h"
#include "line.h"
#include "print.h"
#include "uart.h"

int main(void)
{
	console_start();
	clock_start();
	irq_start();
	console_resume();
	print("\n\nEmu boot monitor 1.0 for Integrator/CP, %u MB RAM\n", ram_size() >> 20);
	print("Type help for the commands.\n\n");

	/* An exception in a command comes back here, and so does code that go started. */
	static char line[LINE_SIZE];
	switch (save_context(recovery)) {
	case RETURNED:
		print("returned\n");
		/* fall through */
	case ABORTED:
		alignment_check_on();
		irq_start();
		console_resume();
	}
	for (;;)
		if (read_line("cp> ", line))
			run_line(line);
}
