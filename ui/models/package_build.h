#pragma once

#include "ui/models/zip_archive.h"

#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>
#include <QTimer>

#include <optional>
#include <vector>

namespace gantry::models {

// How source of a compiled language becomes a deployment package: one run of the user's own
// toolchain.
struct BuildRecipe {
    QString language;      // Go
    QString program;       // go
    QString debianPackage; // that brings the program
    QStringList arguments; // %out% stands for the folder that becomes the package
    QString family;        // of runtimes that run the result: provided, java
    QString product;       // file that must be there afterwards; empty: any
};

// The recipe for a folder with these files at its top; none when it is deployed as it is, because
// it is of an interpreted language or has been built.
std::optional<BuildRecipe> recipeFor(const QStringList& fileNames);

// Runs a recipe, on files of a folder or on the editor's. The built package is a folder that lives
// as long as this object. Deleting it kills the compiler.
class PackageBuild final : public QObject {
    Q_OBJECT
public:
    PackageBuild(BuildRecipe recipe, QString folder, std::vector<ZipInput> inputs,
                 QObject* parent = nullptr);
    ~PackageBuild() override;

    void start();
    QString package() const { return m_out.path(); }
    qint64 processId() const { return m_process.processId(); } // 0: not running

Q_SIGNALS:
    // error is empty on success; output is what the compiler wrote.
    void finished(const QString& error, const QString& output);

private:
    bool writeInputs();
    void ended(int exitCode, QProcess::ExitStatus status);
    void fail(const QString& error);

    const BuildRecipe m_recipe;
    QString m_folder;
    const std::vector<ZipInput> m_inputs;
    QTemporaryDir m_source; // of the editor's files
    QTemporaryDir m_out;
    QProcess m_process;
    QTimer m_patience;
    bool m_done = false;
};

} // namespace gantry::models
