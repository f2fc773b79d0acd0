#pragma once

#include "ui/models/dashboard.h"

#include <QFrame>

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPlainTextEdit;
class QPushButton;

namespace gantry::ui {

// What the selected tile shows, to be changed. Every change counts at once and can be undone.
class TileEditor final : public QFrame {
    Q_OBJECT
public:
    explicit TileEditor(QWidget* parent);

    // Null: no tile is selected.
    void setTile(const models::Tile* tile);
    void setFunctions(const QStringList& names);

Q_SIGNALS:
    void changed(const gantry::models::Tile& tile);
    void duplicateRequested(const QString& id);
    void removeRequested(const QString& id);

private:
    void fillMeasures();
    void show(const models::Tile& tile);
    void showFields();
    void commit();
    void measureToggled(int row);
    QString scope(const QComboBox& box) const;
    void setScope(QComboBox& box, const QString& value);

    models::Tile m_tile;
    bool m_showing = false; // fields are being filled, which is no change of the user's
    QLabel* m_hint;
    QWidget* m_fields;
    QLineEdit* m_title;
    QComboBox* m_kind;
    QListWidget* m_measures;
    QComboBox* m_function;
    QComboBox* m_version;
    QCheckBox* m_byFunction;
    QPlainTextEdit* m_text;
    QPushButton* m_duplicate;
    QPushButton* m_remove;
    QList<QWidget*> m_measureRow; // with its label
    QList<QWidget*> m_functionRow;
    QList<QWidget*> m_versionRow;
    QList<QWidget*> m_textRow;
};

} // namespace gantry::ui
