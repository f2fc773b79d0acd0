#include "ui/models/package_source.h"

#include "ui/models/zip_archive.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>

#include <algorithm>

namespace gantry::models {
namespace {

// A function has no use for these; they make the package large or leak what is private.
constexpr const char* kIgnored[] = {
    ".git",          ".hg",         ".svn",        "__pycache__", "*.pyc",         ".DS_Store",
    "Thumbs.db",     ".idea",       ".vscode",     ".venv",       "venv",          ".pytest_cache",
    ".mypy_cache",   ".ruff_cache", ".aws-sam",    ".serverless", "*.swp",         "*~",
    ".env",          ".gantryignore", "node_modules/.cache"};
constexpr size_t kMostFiles = 50'000;

QString tr(const char* text) { return QCoreApplication::translate("PackageSource", text); }

// Globs as in .gitignore: one without a slash matches a name at any depth, one with a slash a path.
class IgnoreRules final {
public:
    void add(const QString& line)
    {
        QString glob = line.trimmed();
        if (glob.isEmpty() || glob.startsWith(u'#'))
            return;
        while (glob.endsWith(u'/'))
            glob.chop(1);
        const bool anchored = glob.contains(u'/');
        if (glob.startsWith(u'/'))
            glob.remove(0, 1);
        Rule rule{QRegularExpression(QRegularExpression::wildcardToRegularExpression(glob)), anchored};
        if (rule.expression.isValid())
            m_rules.push_back(std::move(rule));
    }
    bool matches(const QString& path) const
    {
        const QString name = path.section(u'/', -1);
        return std::any_of(m_rules.begin(), m_rules.end(), [&](const Rule& rule) {
            return rule.expression.match(rule.anchored ? path : name).hasMatch();
        });
    }

private:
    struct Rule {
        QRegularExpression expression;
        bool anchored;
    };
    std::vector<Rule> m_rules;
};

IgnoreRules rulesOf(const QDir& folder)
{
    IgnoreRules rules;
    for (const char* glob : kIgnored)
        rules.add(QString::fromLatin1(glob));
    QFile own(folder.filePath(QStringLiteral(".gantryignore")));
    if (own.open(QIODevice::ReadOnly)) {
        const QString text = QString::fromUtf8(own.read(64 << 10));
        for (const QString& line : text.split(u'\n'))
            rules.add(line);
    }
    return rules;
}

// Walks a folder without following links to folders, so that no circle can catch it.
class FolderWalk final {
public:
    FolderWalk(const QString& root, std::vector<PackageFile>& files, QStringList& ignored)
        : m_root(root), m_rules(rulesOf(m_root)), m_canonicalRoot(m_root.canonicalPath()),
          m_files(files), m_ignored(ignored)
    {
    }

    bool walk(const QString& relativeFolder, QString* error)
    {
        const QDir folder(m_root.filePath(relativeFolder));
        const auto entries = folder.entryInfoList(
            QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot, QDir::Name);
        for (const QFileInfo& entry : entries) {
            const QString path = relativeFolder.isEmpty() ? entry.fileName()
                                                          : relativeFolder + u'/' + entry.fileName();
            if (m_rules.matches(path))
                m_ignored << path;
            else if (!take(entry, path, error))
                return false;
        }
        return true;
    }

private:
    bool isInside(const QString& canonicalPath) const
    {
        return canonicalPath == m_canonicalRoot || canonicalPath.startsWith(m_canonicalRoot + u'/');
    }

    bool take(const QFileInfo& entry, const QString& path, QString* error)
    {
        if (entry.isSymLink() && !isInside(entry.canonicalFilePath())) {
            *error = tr("%1 is a link to a place outside the folder. Copy the file into the folder, "
                        "or name the link in .gantryignore.")
                         .arg(path);
            return false;
        }
        if (entry.isDir())
            return entry.isSymLink() || walk(path, error);
        if (!entry.isFile())
            return true;  // sockets and pipes cannot be part of a package
        m_files.push_back({path, entry.size(), entry.isExecutable()});
        if (m_files.size() > kMostFiles) {
            *error = tr("The folder holds more than %1 files. Is it the right one?").arg(kMostFiles);
            return false;
        }
        return true;
    }

    QDir m_root;
    IgnoreRules m_rules;
    QString m_canonicalRoot;
    std::vector<PackageFile>& m_files;
    QStringList& m_ignored;
};

} // namespace

std::optional<PackageSource> PackageSource::open(const QString& path, QString* error)
{
    const QFileInfo info(path);
    PackageSource source;
    source.m_path = info.absoluteFilePath();
    if (!info.exists()) {
        *error = tr("%1 does not exist.").arg(path);
        return std::nullopt;
    }
    source.m_zip = info.isFile();
    if (!(source.m_zip ? source.listZip(error) : source.listFolder(error)))
        return std::nullopt;
    if (source.m_files.empty()) {
        *error = tr("%1 has no files to deploy.").arg(info.fileName());
        return std::nullopt;
    }
    std::sort(source.m_files.begin(), source.m_files.end(),
              [](const PackageFile& a, const PackageFile& b) { return a.path < b.path; });
    return source;
}

bool PackageSource::listFolder(QString* error)
{
    return FolderWalk(m_path, m_files, m_ignored).walk({}, error);
}

bool PackageSource::listZip(QString* error)
{
    auto entries = listZipArchive(m_path, kMostFiles, error);
    if (!entries)
        return false;
    m_files = std::move(*entries);
    return true;
}

qint64 PackageSource::totalSize() const
{
    qint64 total = 0;
    for (const PackageFile& file : m_files)
        total += file.size;
    return total;
}

bool PackageSource::contains(const QString& relativePath) const
{
    return std::any_of(m_files.begin(), m_files.end(),
                       [&](const PackageFile& file) { return file.path == relativePath; });
}

QByteArray PackageSource::read(const QString& relativePath, qint64 limit) const
{
    if (m_zip)
        return readZipEntry(m_path, relativePath, limit);
    QFile file(QDir(m_path).filePath(relativePath));
    if (file.size() > limit || !file.open(QIODevice::ReadOnly))
        return {};
    return file.readAll();
}

QByteArray PackageSource::head(const QString& relativePath, qint64 bytes) const
{
    QFile file(QDir(m_path).filePath(relativePath));
    return !m_zip && file.open(QIODevice::ReadOnly) ? file.read(bytes) : QByteArray();
}

} // namespace gantry::models
