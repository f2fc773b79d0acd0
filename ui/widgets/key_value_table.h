#pragma once

#include <QMap>
#include <QString>
#include <QWidget>

#include <functional>
#include <memory>
#include <vector>

class QGridLayout;
class QPushButton;

namespace gantry::widgets {

// Pairs of names and values to edit: environment variables, tags. One line a pair, the problem of a
// name beside it as one types, and always a way to add one more.
class KeyValueTable final : public QWidget {
    Q_OBJECT
public:
    struct Texts {
        QString objectName; // e.g. environment
        QString item;       // e.g. Environment variable
        QString key;        // placeholders of the two columns
        QString value;
        QString add; // text of the button below
    };
    // An empty string, or what is wrong with a pair.
    using Check = std::function<QString(const QString& key, const QString& value)>;

    KeyValueTable(Texts texts, Check check, QWidget* parent = nullptr);
    ~KeyValueTable() override;

    // Pairs with an empty name are left out.
    QMap<QString, QString> values() const;
    // Does not emit.
    void setValues(const QMap<QString, QString>& values);
    // No pair has a problem, no name comes twice.
    bool isValid() const;

Q_SIGNALS:
    void changed(); // by the user

private:
    struct Line;
    Line& addLine(const QString& key, const QString& value);
    void removeLine(const Line* line);
    void renumber();
    void check();
    QString problemOf(const Line& line) const;

    Texts m_texts;
    Check m_check;
    QGridLayout* m_grid;
    QPushButton* m_add;
    std::vector<std::unique_ptr<Line>> m_lines;
    bool m_valid = true;
};

} // namespace gantry::widgets
