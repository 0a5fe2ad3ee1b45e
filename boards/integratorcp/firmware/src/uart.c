#include "board.h"
#include "clock.h"
#include "cpu.h"
#include "irq.h"
#include "uart.h"

/* Input waits here while a command works. When it is full the bytes stay in the PL011's FIFO, with the
   receive interrupt masked, until there is room: a sender held back by the FIFO's level loses nothing. */
#define RING 4096u
static u8 ring[RING];
static volatile u32 head, tail;
static volatile bool break_seen;

/* 115200 baud from the CP's 14.7456 MHz UARTCLK: 14745600 / (16 * 115200) = 8 exactly. */
#define DIVISOR 8u

void uart_setup(u32 base)
{
	wr32(base + UART_CR, 0);
	wr32(base + UART_IMSC, 0);
	wr32(base + UART_ICR, UINT_ALL);
	wr32(base + UART_IBRD, DIVISOR);
	wr32(base + UART_FBRD, 0);
	wr32(base + UART_LCRH, LCRH_WLEN8 | LCRH_FEN);
	wr32(base + UART_IFLS, 0x12); /* both FIFOs at one half */
	wr32(base + UART_CR, CR_UARTEN | CR_TXE | CR_RXE);
}

/* Empties the FIFO into the ring. Interrupts are off here. */
static void drain(void)
{
	while (head - tail < RING && !(rd32(UART0_BASE + UART_FR) & FR_RXFE)) {
		u8 c = (u8)rd32(UART0_BASE + UART_DR);
		if (c == KEY_BREAK)
			break_seen = true;
		ring[head++ % RING] = c;
	}
	wr32(UART0_BASE + UART_IMSC, head - tail < RING ? UINT_RX | UINT_RT : 0);
}

void console_resume(void)
{
	irq_attach(IRQ_UART0, drain);
	wr32(UART0_BASE + UART_IMSC, UINT_RX | UINT_RT);
}

void console_start(void)
{
	drain(); /* what came before now: turning the FIFOs on empties them */
	uart_setup(UART0_BASE);
}

void console_stop(void)
{
	console_flush();
	wr32(UART0_BASE + UART_IMSC, 0);
	irq_detach(IRQ_UART0);
}

int console_get(void)
{
	u32 state = interrupts_off();
	drain(); /* polled as well, so that the console works without a working PIC */
	int c = head == tail ? -1 : ring[tail++ % RING];
	interrupts_restore(state);
	return c;
}

static void put_raw(char c)
{
	/* One byte takes 87 us; a transmitter that is full for 50 ms is stuck, and the byte is dropped. */
	u32 start = ticks();
	while (rd32(UART0_BASE + UART_FR) & FR_TXFF)
		if (passed(start, 50000))
			return;
	wr32(UART0_BASE + UART_DR, (u8)c);
}

void console_put(char c)
{
	if (c == '\n')
		put_raw('\r');
	put_raw(c);
}

void console_flush(void)
{
	u32 start = ticks();
	while ((rd32(UART0_BASE + UART_FR) & (FR_BUSY | FR_TXFE)) != FR_TXFE)
		if (passed(start, 100000))
			return;
}

bool break_asked(void)
{
	u32 state = interrupts_off();
	drain();
	bool seen = break_seen;
	interrupts_restore(state);
	return seen;
}

void break_forget(void)
{
	break_seen = false;
}
