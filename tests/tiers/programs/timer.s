@ Interrupts by a timer in the middle of loops: the handler logs where, when and with which flags.
        .include "prelude.inc"
        vectors irq=irq
start:  mode    0x12
        ldr     sp, =STACK_IRQ
        mode    0x13
        ldr     sp, =STACK
        ldr     r0, =state
        ldr     r1, =LOG
        str     r1, [r0]
        ldr     r2, =DEVICE
        mov     r1, #200
        str     r1, [r2, #TIMER]
        msr     cpsr_c, #0x13           @ interrupts on
        mov     r0, #0
        mov     r4, #1
outer:  mov     r5, #13
1:      adds    r4, r4, r4, lsl #1
        adc     r0, r0, r5
        tst     r4, #0x10
        bleq    leaf
        eors    r6, r4, r0, ror #7
        movmi   r7, r6
        subs    r5, r5, #1
        bne     1b
        ldr     r3, =DATA
        and     r6, r6, #0xfc
        str     r7, [r3, r6]
        b       outer
leaf:   mov     r8, #3
2:      subs    r8, r8, #1
        add     r0, r0, r8
        bne     2b
        bx      lr
irq:    sub     lr, lr, #4
        push    {r0-r3, lr}
        ldr     r0, =state
        ldmia   r0, {r1, r2}
        mrs     r3, spsr
        stmia   r1!, {r3, lr}
        ldr     r3, =DEVICE
        ldr     r0, [r3, #CLOCK]
        str     r0, [r1], #8
        bic     r1, r1, #0x1000
        ldr     r0, =1664525
        mul     r2, r0, r2
        add     r2, r2, #0x3c00
        add     r2, r2, #0x5f
        ldr     r0, =state
        stmia   r0, {r1, r2}
        and     r2, r2, #0x3fc
        add     r2, r2, #100
        str     r2, [r3, #ACKNOWLEDGE]
        str     r2, [r3, #TIMER]
        ldmia   sp!, {r0-r3, pc}^
        .ltorg
state:  .word   0, 1
