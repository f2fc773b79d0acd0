#pragma once

#include "ui/models/blueprints.h"

#include <QWidget>

class QButtonGroup;
class QComboBox;
class QLabel;
class QListWidget;
class QStackedWidget;

namespace gantry::widgets {
class CodeEditor;
}

namespace gantry::ui {

// Where the code of a new function comes from.
struct DeploySource {
    enum class Kind { None, Path, Blueprint, Written };
    Kind kind = Kind::None;
    QString path;                                  // of a folder or zip
    const models::Blueprint* blueprint = nullptr;  // for Written: what the text started from
};

// First part of the deploy dialog: a folder, a zip, a blueprint, or code written right here.
class SourcePanel final : public QWidget {
    Q_OBJECT
public:
    explicit SourcePanel(QWidget* parent = nullptr);

    DeploySource source() const { return m_source; }
    void setPath(const QString& path);
    void chooseBlueprint(const QString& id);
    // The files to deploy, for a blueprint or written code.
    std::vector<models::ZipInput> inputs() const;
    // What the files turned out to be, below the path.
    void setSummary(const QString& text, bool isError);

Q_SIGNALS:
    void sourceChanged();

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    QWidget* makePathPage();
    QWidget* makeBlueprintPage();
    QWidget* makeWritePage();
    void browse(bool folder);
    void showPage(int index);
    void fit();
    void choose(DeploySource source);

    DeploySource m_source;
    QButtonGroup* m_tabs;
    QStackedWidget* m_pages;
    QStackedWidget* m_pathPages = nullptr;
    QLabel* m_path = nullptr;
    QLabel* m_summary = nullptr;
    QListWidget* m_blueprints = nullptr;
    QComboBox* m_language = nullptr;
    widgets::CodeEditor* m_editor = nullptr;
};

} // namespace gantry::ui
