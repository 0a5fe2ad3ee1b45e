/* Integrator/CP: what is where. Integrator/CP user guide (DUI 0159), chapters 3 and 4. */
#ifndef BOARD_H
#define BOARD_H

#define CM_BASE 0x10000000u
#define CM_ID 0x10000000u
#define CM_PROC 0x10000004u
#define CM_OSC 0x10000008u
#define CM_CTRL 0x1000000cu
#define CM_STAT 0x10000010u
#define CM_LOCK 0x10000014u
#define CM_AUXOSC 0x1000001cu
#define CM_SDRAM 0x10000020u
#define CM_INIT 0x10000024u
#define CM_REFCNT 0x10000028u /* free running, 24 MHz */
#define CM_FLAGS 0x10000030u
#define CM_FLAGSC 0x10000034u
#define CM_NVFLAGS 0x10000038u
#define CM_NVFLAGSC 0x1000003cu
#define CIC_BASE 0x10000040u
#define CM_SPD 0x10000100u
#define CM_LOCK_KEY 0xa05fu
#define CM_LOCK_LOCKED (1u << 16)
#define CM_CTRL_RESET (1u << 3)

#define TIMER_BASE(n) (0x13000000u + 0x100u * (n))
#define PIC_BASE 0x14000000u
#define RTC_BASE 0x15000000u
#define UART0_BASE 0x16000000u
#define UART1_BASE 0x17000000u
#define KMI0_BASE 0x18000000u
#define KMI1_BASE 0x19000000u
#define MMCI_BASE 0x1c000000u
#define AACI_BASE 0x1d000000u
#define FLASH_BASE 0x24000000u
#define RAM_ALIAS 0x80000000u
#define CLCD_BASE 0xc0000000u
#define ETH_BASE 0xc8000000u
#define SIC_BASE 0xca000000u
#define CPCR_BASE 0xcb000000u

/* One interrupt controller: the same eight words in CIC, PIC and SIC (DUI 0159, section 3.6). */
#define IC_STATUS 0x00u
#define IC_RAW 0x04u
#define IC_ENSET 0x08u
#define IC_ENCLR 0x0cu
#define IC_SOFTSET 0x10u
#define IC_SOFTCLR 0x14u
#define IC_FIQ_STATUS 0x20u
#define IC_FIQ_ENSET 0x28u
#define IC_FIQ_ENCLR 0x2cu

enum pic_line {
	IRQ_SOFT = 0, IRQ_UART0 = 1, IRQ_UART1 = 2, IRQ_KMI0 = 3, IRQ_KMI1 = 4, IRQ_TIMER0 = 5,
	IRQ_TIMER1 = 6, IRQ_TIMER2 = 7, IRQ_RTC = 8, IRQ_CLCD = 22, IRQ_MMCI0 = 23, IRQ_MMCI1 = 24,
	IRQ_AACI = 25, IRQ_SIC = 26, IRQ_ETH = 27, PIC_LINES = 32
};

/* The first mebibyte belongs to the monitor, the second to its picture; the rest is the user's. */
#define FRAME_BUFFER 0x00100000u
#define USER_RAM 0x00200000u

#endif
