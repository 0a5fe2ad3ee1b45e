/* Core module: locked registers, memory size, reset. */
#ifndef CORE_MODULE_H
#define CORE_MODULE_H
#include "types.h"

/* Bytes of RAM at 0: what CM_SDRAM says, reduced where probing finds less. */
u32 ram_size(void);
/* Sets and clears bits of CM_CTRL behind its lock. */
void core_module_control(u32 set, u32 clear);
void core_module_reset(void);

#endif
