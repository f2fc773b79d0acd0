#include "ui/models/zip_archive.h"

#include "ui/models/package_source.h"

#include <QCoreApplication>
#include <QFile>

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>

namespace gantry::models {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("ZipArchive", text); }

using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;
using Writer = std::unique_ptr<archive, decltype(&archive_write_free)>;
using Entry = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;

Reader newReader()
{
    Reader reader(archive_read_new(), &archive_read_free);
    archive_read_support_format_zip(reader.get());
    return reader;
}

QString problemOf(archive* handle)
{
    const char* text = archive_error_string(handle);
    return text ? QString::fromUtf8(text) : tr("unknown reason");
}

Reader openFile(const QString& path, QString* error)
{
    Reader reader = newReader();
    if (archive_read_open_filename(reader.get(), QFile::encodeName(path).constData(), 64 << 10) !=
        ARCHIVE_OK) {
        *error = tr("%1 cannot be read as a zip: %2.").arg(path, problemOf(reader.get()));
        reader.reset();
    }
    return reader;
}

QString pathOf(archive_entry* entry)
{
    const char* utf8 = archive_entry_pathname_utf8(entry);
    return QString::fromUtf8(utf8 ? utf8 : archive_entry_pathname(entry));
}

bool isExecutable(archive_entry* entry) { return (archive_entry_perm(entry) & 0100) != 0; }

// The entry's bytes, at most limit; none when it is longer or broken.
std::optional<QByteArray> contentOf(archive* handle, qint64 limit)
{
    QByteArray content;
    char buffer[64 << 10];
    for (;;) {
        const la_ssize_t count = archive_read_data(handle, buffer, sizeof buffer);
        if (count < 0 || content.size() + count > limit)
            return std::nullopt;
        if (count == 0)
            return content;
        content.append(buffer, count);
    }
}

la_ssize_t appendTo(archive*, void* target, const void* data, size_t size)
{
    static_cast<QByteArray*>(target)->append(static_cast<const char*>(data),
                                             static_cast<qsizetype>(size));
    return static_cast<la_ssize_t>(size);
}

bool writeEntry(archive* writer, const ZipInput& input, const QByteArray& content)
{
    const Entry entry(archive_entry_new(), &archive_entry_free);
    archive_entry_set_pathname_utf8(entry.get(), input.path.toUtf8().constData());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), input.executable ? 0755 : 0644);
    archive_entry_set_size(entry.get(), content.size());
    archive_entry_set_mtime(entry.get(), 315'532'800, 0);  // 1980-01-01, a zip's first date
    return archive_write_header(writer, entry.get()) == ARCHIVE_OK &&
           archive_write_data(writer, content.constData(), static_cast<size_t>(content.size())) ==
               content.size();
}

} // namespace

std::optional<std::vector<PackageFile>> listZipArchive(const QString& path, size_t mostFiles,
                                                       QString* error)
{
    const Reader reader = openFile(path, error);
    if (!reader)
        return std::nullopt;
    std::vector<PackageFile> files;
    archive_entry* entry = nullptr;
    for (;;) {
        const int result = archive_read_next_header(reader.get(), &entry);
        if (result == ARCHIVE_EOF)
            return files;
        if (result < ARCHIVE_WARN) {
            *error = tr("%1 cannot be read as a zip: %2.").arg(path, problemOf(reader.get()));
            return std::nullopt;
        }
        if (archive_entry_filetype(entry) != AE_IFREG)
            continue;
        files.push_back({pathOf(entry), archive_entry_size(entry), isExecutable(entry)});
        if (files.size() > mostFiles) {
            *error = tr("The zip holds more than %1 files.").arg(mostFiles);
            return std::nullopt;
        }
    }
}

QByteArray readZipEntry(const QString& path, const QString& wanted, qint64 limit)
{
    QString error;
    const Reader reader = openFile(path, &error);
    archive_entry* entry = nullptr;
    while (reader && archive_read_next_header(reader.get(), &entry) >= ARCHIVE_WARN) {
        if (pathOf(entry) == wanted)
            return contentOf(reader.get(), limit).value_or(QByteArray());
    }
    return {};
}

void readZipHeads(const QString& path, int bytes,
                  const std::function<void(const QString& path, const QByteArray& head)>& take)
{
    QString error;
    const Reader reader = openFile(path, &error);
    archive_entry* entry = nullptr;
    while (reader && archive_read_next_header(reader.get(), &entry) >= ARCHIVE_WARN) {
        if (archive_entry_filetype(entry) != AE_IFREG)
            continue;
        QByteArray head(bytes, '\0');
        const la_ssize_t size =
            archive_read_data(reader.get(), head.data(), static_cast<size_t>(bytes));
        head.resize(static_cast<int>(std::max<la_ssize_t>(size, 0)));
        take(pathOf(entry), head);
    }
}

std::optional<std::map<QString, ZipContent>> unzip(const QByteArray& zip, qint64 limit,
                                                   QString* error)
{
    const Reader reader = newReader();
    if (archive_read_open_memory(reader.get(), zip.constData(), static_cast<size_t>(zip.size())) !=
        ARCHIVE_OK) {
        *error = tr("The package is not a zip: %1.").arg(problemOf(reader.get()));
        return std::nullopt;
    }
    std::map<QString, ZipContent> files;
    qint64 total = 0;
    archive_entry* entry = nullptr;
    while (archive_read_next_header(reader.get(), &entry) >= ARCHIVE_WARN) {
        if (archive_entry_filetype(entry) != AE_IFREG)
            continue;
        auto content = contentOf(reader.get(), limit - total);
        if (!content) {
            *error = tr("The package is larger than %1 MB unpacked.").arg(limit >> 20);
            return std::nullopt;
        }
        total += content->size();
        files[pathOf(entry)] = {std::move(*content), isExecutable(entry)};
    }
    return files;
}

std::optional<QByteArray> writeZip(const std::vector<ZipInput>& inputs,
                                   const std::function<bool(int)>& progress, QString* error)
{
    QByteArray zip;
    const Writer writer(archive_write_new(), &archive_write_free);
    archive_write_set_format_zip(writer.get());
    archive_write_set_bytes_in_last_block(writer.get(), 1);
    if (archive_write_open(writer.get(), &zip, nullptr, &appendTo, nullptr) != ARCHIVE_OK) {
        *error = problemOf(writer.get());
        return std::nullopt;
    }
    int done = 0;
    for (const ZipInput& input : inputs) {
        const auto content = input.content();
        if (!content) {
            *error = tr("%1 cannot be read.").arg(input.path);
            return std::nullopt;
        }
        if (!writeEntry(writer.get(), input, *content)) {
            *error = tr("%1 cannot be packed: %2.").arg(input.path, problemOf(writer.get()));
            return std::nullopt;
        }
        if (!progress(++done)) {
            *error = tr("Cancelled.");
            return std::nullopt;
        }
    }
    if (archive_write_close(writer.get()) != ARCHIVE_OK) {
        *error = problemOf(writer.get());
        return std::nullopt;
    }
    return zip;
}

} // namespace gantry::models
