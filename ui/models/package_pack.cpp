#include "ui/models/package_pack.h"

#include "ui/models/package_source.h"

#include <QCoreApplication>
#include <QFile>

#include <optional>

namespace gantry::models {
namespace {

// As GetAccountSettings says for this platform and for AWS.
constexpr qint64 kMostZipped = 52'428'800;
constexpr qint64 kMostUnzipped = 262'144'000;

QString tr(const char* text)
{
    return QCoreApplication::translate("PackageSource", text);
}

QString megabytes(qint64 bytes)
{
    return QString::number(static_cast<double>(bytes) / (1 << 20), 'f', 1);
}

std::vector<ZipInput> inputsOf(const PackageSource& source)
{
    std::vector<ZipInput> inputs;
    for (const PackageFile& file : source.files()) {
        inputs.push_back({file.path, file.executable, [path = source.path() + u'/' + file.path] {
                              QFile content(path);
                              return content.open(QIODevice::ReadOnly)
                                         ? std::optional(content.readAll())
                                         : std::nullopt;
                          }});
    }
    return inputs;
}

PackedPackage readZipFile(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {{}, tr("%1 cannot be read: %2.").arg(path, file.errorString())};
    if (file.size() > kMostZipped)
        return {{}, tr("The zip is %1 MB; at most 50 MB can be deployed.")
                        .arg(megabytes(file.size()))};
    return {file.readAll(), {}};
}

} // namespace

PackedPackage packInputs(const std::vector<ZipInput>& inputs, const PackProgress& progress)
{
    PackedPackage packed;
    const int total = static_cast<int>(inputs.size());
    auto zip = writeZip(
        inputs, [&](int done) { return progress(done, total); }, &packed.error);
    if (zip && zip->size() > kMostZipped)
        packed.error = tr("The package is %1 MB zipped; at most 50 MB can be deployed.")
                           .arg(megabytes(zip->size()));
    else if (zip)
        packed.zip = std::move(*zip);
    return packed;
}

PackedPackage packPath(const QString& path, const PackProgress& progress)
{
    PackedPackage packed;
    const auto source = PackageSource::open(path, &packed.error);
    if (!source)
        return packed;
    if (source->totalSize() > kMostUnzipped) {
        packed.error = tr("The files are %1 MB together; at most 250 MB can be deployed. Name what "
                          "is not needed in .gantryignore.")
                           .arg(megabytes(source->totalSize()));
        return packed;
    }
    return source->isZip() ? readZipFile(path) : packInputs(inputsOf(*source), progress);
}

} // namespace gantry::models
