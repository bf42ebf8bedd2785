"""Subnormal numbers count as zero while a kernel runs, and the caller's setting is put back.

An operation on one takes a hundred times as long, and a saturated network's gradients, or a dead unit's moments in
Adam, shrink into them and stay. Whether a processor flushes them is a setting of each thread, which LLVM believes never
to change and may move arithmetic over: so it is set around a call that is not inlined. All here is text, in LLVM's
language, for those who compile it.
"""

from __future__ import annotations

import platform

ENTERED = ".flushing"  # ends the name of what calls a kernel so

# Into %kept what is set, into %wanted what shall be; then how %wanted and %kept are set.
# x86's MXCSR: results (bit 15) and operands (bit 6) that are subnormal become zero.
X86 = ("x86_64", "amd64")
X86_BEGIN = """
  %place = alloca i64
  store i64 0, ptr %place
  call void @llvm.x86.sse.stmxcsr(ptr %place)
  %kept = load i64, ptr %place
  %wanted = or i64 %kept, 32832"""
X86_SET = """
  store i64 {value}, ptr %place
  call void @llvm.x86.sse.ldmxcsr(ptr %place)"""
X86_DECLARED = """
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)
"""
# arm64's FPCR: bit 24, FZ, does both. Not run yet. Not by inline assembly: LLVM as llvmlite has it may lack what reads
# that, and ends the process then.
ARM = ("arm64", "aarch64")
ARM_BEGIN = """
  %kept = call i64 @llvm.aarch64.get.fpcr()
  %wanted = or i64 %kept, 16777216"""
ARM_SET = """
  call void @llvm.aarch64.set.fpcr(i64 {value})"""
ARM_DECLARED = """
declare i64 @llvm.aarch64.get.fpcr()
declare void @llvm.aarch64.set.fpcr(i64)
"""


def _switch() -> tuple[str, str, str]:
    """What begins, what sets ``{value}``, and what both declare, on this kind of machine; nothing on others."""
    machine = platform.machine().lower()
    if machine in X86:
        return X86_BEGIN, X86_SET, X86_DECLARED
    return (ARM_BEGIN, ARM_SET, ARM_DECLARED) if machine in ARM else ("", "", "")


def entry(name: str, arguments: list[str]) -> str:
    """A function that calls another of that name: its arguments of such types in LLVM's language, its result an i32."""
    begin, put, declared = _switch()
    given = ", ".join(f"{kind} %{number}" for number, kind in enumerate(arguments))
    return f"""{declared}
declare i32 @"{name}"({", ".join(arguments)})
define i32 @"{name}{ENTERED}"({given}) nounwind {{
begin:{begin}{put.format(value="%wanted")}
  %status = call i32 @"{name}"({given})
{put.format(value="%kept")}
  ret i32 %status
}}
"""


def switches() -> str:
    """Two functions: ``begin`` flushes from now on and returns what was set, ``end`` sets that again."""
    begin, put, declared = _switch()
    place = "\n  %place = alloca i64" if "%place" in put else ""
    return f"""{declared}
define i64 @begin() nounwind {{
begin:{begin}{put.format(value="%wanted")}
  ret i64 {"%kept" if begin else 0}
}}
define void @end(i64 %kept) nounwind {{
begin:{place}{put.format(value="%kept")}
  ret void
}}
"""
