#include "ui/models/native_files.h"

#include "ui/models/package_source.h"
#include "ui/models/zip_archive.h"

#include <QCoreApplication>

namespace gantry::models {

namespace {

constexpr int kHeadBytes = 20;

// Of an ELF file, by its head.
QString processorOf(const QByteArray& head)
{
    if (head.size() < kHeadBytes || !head.startsWith("\177ELF"))
        return {};
    const bool bigEndian = head[5] == 2;
    const auto first = static_cast<unsigned char>(head[18]);
    const auto second = static_cast<unsigned char>(head[19]);
    switch (bigEndian ? first << 8 | second : second << 8 | first) {
    case 0x3e:
        return QStringLiteral("x86_64");
    case 0xb7:
        return QStringLiteral("arm64");
    default:
        return QStringLiteral("other");
    }
}

} // namespace

NativeFiles nativeFilesOf(const PackageSource& source)
{
    NativeFiles natives;
    const auto take = [&natives](const QString& path, const QByteArray& head) {
        const QString processor = processorOf(head);
        if (!processor.isEmpty() && !natives.contains(processor))
            natives.insert(processor, path);
    };
    if (source.isZip()) {
        readZipHeads(source.path(), kHeadBytes, take);
        return natives;
    }
    for (const PackageFile& file : source.files())
        take(file.path, source.head(file.path, kHeadBytes));
    return natives;
}

QString architectureProblem(const NativeFiles& natives, const QString& architecture)
{
    if (natives.isEmpty() || natives.contains(architecture))
        return {};
    for (const QString& other : {QStringLiteral("x86_64"), QStringLiteral("arm64")}) {
        if (natives.contains(other))
            return QCoreApplication::translate(
                       "NativeFiles",
                       "%1 is built for %2, the function is for %3: choose %2 or build it for %3.")
                .arg(natives[other], other, architecture);
    }
    return QCoreApplication::translate(
               "NativeFiles",
               "%1 is built for a processor that Lambda does not have: build it for %2.")
        .arg(natives.first(), architecture);
}

} // namespace gantry::models
