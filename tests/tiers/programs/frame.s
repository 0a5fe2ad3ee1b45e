@ What random programs stand in: their code begins at 0x1000; see layout.ts.
        .include "prelude.inc"
        .fpu    vfpv2
        .equ    MIDDLE, 0x30000         @ of the data around r9
        vectors undefined=next, call=next, data=skip, irq=irq
next:   movs    pc, lr
skip:   subs    pc, lr, #4
start:  mode    0x12
        ldr     sp, =0x34000
        mode    0x13
        ldr     sp, =0x33000
        mov     r0, #0x40000000
        fmxr    fpexc, r0
        ldr     r1, =DEVICE
        mov     r0, #150
        str     r0, [r1, #TIMER]
        ldr     r9, =MIDDLE
        ldr     r8, =values
        ldmia   r8, {r0-r7}
        fmdrr   d0, r0, r1
        fsitos  s2, s0
        fsitod  d2, s1
        fsitos  s3, s1
        mov     r8, #0
        msr     cpsr_c, #0x13
        b       0x1000
irq:    push    {r0, r1}
        ldr     r0, count
        add     r0, r0, #1
        str     r0, count
        and     r0, r0, #0x7f
        add     r0, r0, #131
        ldr     r1, =DEVICE
        str     r0, [r1, #ACKNOWLEDGE]
        str     r0, [r1, #TIMER]
        pop     {r0, r1}
        subs    pc, lr, #4
count:  .word   0
values: .word   0x12345678, 0xfffffff0, 7, 0x80000000, 0x7fffffff, 0x0f0f0f0f, 1, 0xdeadbeef
        .ltorg
