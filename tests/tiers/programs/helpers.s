@ What translated code calls out for: status registers, modes, floating point, saturation, in loops.
        .include "prelude.inc"
        .fpu    vfpv2
        vectors
start:  ldr     sp, =STACK
        mov     r0, #0x40000000
        fmxr    fpexc, r0
        mov     r4, #3
        fmsr    s0, r4
        fsitos  s0, s0
        fsitod  d1, s0
        mov     r4, #0
        mov     r7, #0
        fmsr    s8, r4
        fmdrr   d5, r4, r4
        fmdrr   d6, r4, r4
outer:  mov     r5, #11
1:      mrs     r0, cpsr
        add     r7, r7, r0, ror #4
        eor     r0, r0, #0x20000000     @ C
        msr     cpsr_f, r0
        adc     r4, r4, r5
        fmsr    s8, r5
        fsitos  s9, s8
        fadds   s10, s9, s0
        fmuld   d3, d1, d1
        fdivd   d5, d5, d3
        faddd   d5, d5, d1
        fcvtds  d6, s10
        fcmped  d6, d5
        fmstat
        addgt   r4, r4, #1
        sublt   r7, r7, r4
        fmrrd   r2, r3, d5
        eor     r7, r7, r2
        qadd    r6, r7, r4
        qdsub   r6, r6, r3
        smlabb  r4, r6, r5, r4
        clz     r8, r4
        adds    r7, r7, r8
        subs    r5, r5, #1
        bne     1b
        mode    0x11                    @ FIQ: registers of its own
        add     r8, r8, #1
        eor     r13, r8, r14
        mode    0x12
        add     r13, r13, #3
        mrs     r14, spsr
        mode    0x13
        add     r4, r4, r8
        fmrx    r2, fpscr
        bic     r3, r2, #0x00c00000     @ rounding modes by turns
        and     r6, r4, #0x00c00000
        orr     r3, r3, r6
        fmxr    fpscr, r3
        ldr     r2, =DATA
        fstmiad r2!, {d3-d6}
        fldmdbs r2!, {s20-s23}
        fmrs    r2, s21
        eor     r7, r7, r2
        b       outer
        .ltorg
