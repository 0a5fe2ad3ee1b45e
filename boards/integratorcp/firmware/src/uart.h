/* PL011 (DDI 0183): registers, and the console on UART0. */
#ifndef UART_H
#define UART_H
#include "types.h"

#define UART_DR 0x00u
#define UART_FR 0x18u
#define UART_IBRD 0x24u
#define UART_FBRD 0x28u
#define UART_LCRH 0x2cu
#define UART_CR 0x30u
#define UART_IFLS 0x34u
#define UART_IMSC 0x38u
#define UART_RIS 0x3cu
#define UART_MIS 0x40u
#define UART_ICR 0x44u
#define FR_BUSY (1u << 3)
#define FR_RXFE (1u << 4)
#define FR_TXFF (1u << 5)
#define FR_RXFF (1u << 6)
#define FR_TXFE (1u << 7)
#define LCRH_FEN (1u << 4)
#define LCRH_WLEN8 (3u << 5)
#define CR_UARTEN (1u << 0)
#define CR_LBE (1u << 7)
#define CR_TXE (1u << 8)
#define CR_RXE (1u << 9)
#define UINT_RX (1u << 4)
#define UINT_TX (1u << 5)
#define UINT_RT (1u << 6)
#define UINT_ALL 0x7ffu

#define KEY_BREAK 0x03 /* ^C */

void uart_setup(u32 base);
void console_start(void); /* polled; console_resume adds the interrupt */
void console_stop(void);
void console_resume(void); /* after console_stop, or whatever happened to the PIC */
void console_put(char c); /* "\n" goes out as "\r\n" */
int console_get(void);    /* -1 when nothing waits */
void console_flush(void); /* waits until all has left */
/* True once after ^C came in. */
bool break_asked(void);
void break_forget(void);

#endif
