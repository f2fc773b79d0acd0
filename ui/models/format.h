// How the console writes numbers: one way for each unit, in the user's locale.
#pragma once

#include "pricing/money.h"

#include <QString>

namespace gantry::models {

QString formatBytes(qint64 bytes);     // 1,536 -> 1.5 KB (1,024 bytes each)
QString formatMs(double milliseconds); // 0.84 ms, 12.3 ms, 1.24 s, 3 min 5 s
QString formatUsd(pricing::Money money); // enough digits that a price is never shown as 0
QString formatUsd(double dollars);     // the same of what is no exact amount: an axis, an estimate
QString formatCount(qint64 count);     // with the locale's group separators
QString formatMemory(int megabytes);   // 128 MB, 10,240 MB
QString formatVcpus(int memoryMb);     // the share of processors that comes with memory

// A function has one vCPU at 1,769 MB, in proportion below and above.
inline double vcpus(int memoryMb)
{
    return memoryMb / 1769.0;
}

// The icon (resources/icons/NAME.svg) of a runtime or of a family of runtimes.
QString iconOfRuntime(const QString& runtime);

} // namespace gantry::models
