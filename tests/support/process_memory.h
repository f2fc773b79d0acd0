// What is in the memory of another process, as root could look for it with a debugger.
#pragma once

#include <QByteArray>
#include <QFile>
#include <QList>

namespace gantry::test {

// Whether the text is somewhere in what the process can write to.
inline bool memoryHas(qint64 processId, const QByteArray& text)
{
    constexpr qint64 kBlock = 1 << 20;
    const QString folder = QStringLiteral("/proc/%1/").arg(processId);
    QFile maps(folder + QStringLiteral("maps")), memory(folder + QStringLiteral("mem"));
    if (!maps.open(QIODevice::ReadOnly) || !memory.open(QIODevice::ReadOnly | QIODevice::Unbuffered))
        qFatal("cannot read the memory of %lld", static_cast<long long>(processId));
    const QList<QByteArray> lines = maps.readAll().split('\n');
    for (const QByteArray& line : lines) {
        const QList<QByteArray> words = line.split(' ');
        if (words.size() < 2 || !words[1].contains('w'))
            continue;
        const QList<QByteArray> span = words[0].split('-');
        const qint64 end = span[1].toLongLong(nullptr, 16);
        QByteArray tail;
        for (qint64 at = span[0].toLongLong(nullptr, 16); at < end; at += kBlock) {
            const QByteArray block = memory.seek(at) ? memory.read(qMin(kBlock, end - at)) : QByteArray();
            if ((tail + block).contains(text))
                return true;
            tail = block.right(text.size());
        }
    }
    return false;
}

} // namespace gantry::test
