@ Loops between waits for an interrupt.
        .include "prelude.inc"
        vectors irq=irq
start:  mode    0x12
        ldr     sp, =STACK_IRQ
        msr     cpsr_c, #0x13
        ldr     r8, =DEVICE
        mov     r0, #0
        mov     r9, #0
outer:  mov     r1, #300
        str     r1, [r8, #TIMER]
        mov     r2, #40
        and     r3, r9, #7
        add     r2, r2, r3, lsl #5
1:      add     r0, r0, r2, lsl #3
        eor     r0, r0, r0, ror #11
        subs    r2, r2, #1
        bne     1b
        mov     r3, #0
        ldr     r10, [r8, #CLOCK]
        cmp     r9, r11
        mcreq   p15, 0, r3, c7, c0, 4   @ unless it has come already
        ldr     r12, [r8, #CLOCK]
        add     r0, r0, r12
2:      cmp     r9, r11
        beq     2b
        mov     r11, r9
        b       outer
irq:    str     r0, [r8, #ACKNOWLEDGE]
        add     r9, r9, #1
        subs    pc, lr, #4
        .ltorg
