#include "ui/models/code_workspace.h"

#include <algorithm>

namespace gantry::models {
namespace {
constexpr qsizetype kMostEditable = 2 << 20;
}

void CodeWorkspace::load(std::map<QString, ZipContent> files)
{
    m_files.clear();
    m_removedSome = false;
    for (auto& [path, content] : files) {
        const QByteArray deployed = content.bytes;
        m_files[path] = {std::move(content), deployed, false};
    }
    Q_EMIT filesChanged();
}

QStringList CodeWorkspace::paths() const
{
    QStringList paths;
    for (const auto& [path, file] : m_files)
        paths << path;
    return paths;
}

QByteArray CodeWorkspace::content(const QString& path) const
{
    const auto found = m_files.find(path);
    return found == m_files.end() ? QByteArray() : found->second.now.bytes;
}

bool CodeWorkspace::isEditable(const QString& path) const
{
    const QByteArray bytes = content(path);
    return bytes.size() <= kMostEditable && !bytes.left(8'000).contains('\0');
}

bool CodeWorkspace::isChanged(const QString& path) const
{
    const auto found = m_files.find(path);
    return found != m_files.end() &&
           (found->second.isNew || found->second.now.bytes != found->second.deployed);
}

bool CodeWorkspace::hasChanges() const
{
    return m_removedSome || std::any_of(m_files.begin(), m_files.end(),
                                        [this](const auto& entry) { return isChanged(entry.first); });
}

void CodeWorkspace::setContent(const QString& path, const QByteArray& content)
{
    const auto found = m_files.find(path);
    if (found == m_files.end() || found->second.now.bytes == content)
        return;
    found->second.now.bytes = content;
    Q_EMIT fileChanged(path);
}

bool CodeWorkspace::checkName(const QString& path, QString* error) const
{
    const QStringList parts = path.split(u'/');
    const bool badPart = std::any_of(parts.begin(), parts.end(), [](const QString& part) {
        return part.isEmpty() || part == QLatin1String(".") || part == QLatin1String("..");
    });
    if (badPart || path.contains(u'\\'))
        *error = tr("“%1” cannot be the name of a file in a package.").arg(path);
    else if (contains(path))
        *error = tr("There is a file named “%1” already.").arg(path);
    else
        return true;
    return false;
}

bool CodeWorkspace::addFile(const QString& path, QString* error)
{
    if (!checkName(path, error))
        return false;
    m_files[path].isNew = true;
    Q_EMIT filesChanged();
    return true;
}

bool CodeWorkspace::rename(const QString& from, const QString& to, QString* error)
{
    const auto found = m_files.find(from);
    if (found == m_files.end() || !checkName(to, error))
        return false;
    File file = std::move(found->second);
    m_removedSome = m_removedSome || !file.isNew;
    file.isNew = true;
    m_files.erase(found);
    m_files[to] = std::move(file);
    Q_EMIT filesChanged();
    return true;
}

void CodeWorkspace::remove(const QString& path)
{
    const auto found = m_files.find(path);
    if (found == m_files.end())
        return;
    m_removedSome = m_removedSome || !found->second.isNew;
    m_files.erase(found);
    Q_EMIT filesChanged();
}

std::vector<ZipInput> CodeWorkspace::inputs() const
{
    std::vector<ZipInput> inputs;
    for (const auto& [path, file] : m_files) {
        inputs.push_back({path, file.now.executable,
                          [bytes = file.now.bytes] { return std::optional(bytes); }});
    }
    return inputs;
}

std::map<QString, QByteArray> CodeWorkspace::snapshot() const
{
    std::map<QString, QByteArray> content;
    for (const auto& [path, file] : m_files)
        content[path] = file.now.bytes;
    return content;
}

void CodeWorkspace::markDeployed(const std::map<QString, QByteArray>& sent)
{
    m_removedSome = false;
    for (auto& [path, file] : m_files) {
        const auto found = sent.find(path);
        if (found == sent.end())
            continue;
        file.deployed = found->second;
        file.isNew = false;
        Q_EMIT fileChanged(path);
    }
}

} // namespace gantry::models
