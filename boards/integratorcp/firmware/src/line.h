/* Line editor with history. */
#ifndef LINE_H
#define LINE_H
#include "types.h"

#define LINE_SIZE 256u

/* Reads one line; false when ^C dropped it. */
bool read_line(const char *prompt, char line[LINE_SIZE]);
/* Prints the lines given so far. */
void print_history(void);

#endif
