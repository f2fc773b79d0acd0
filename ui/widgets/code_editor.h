#pragma once

#include <QStringList>
#include <QWidget>

class QsciLexer;
class QsciScintilla;

namespace gantry::widgets {

// An editor for code and JSON: QScintilla in the console's colours and font, with the language
// chosen by the file's name and a place for one error. It replaces nothing that QScintilla does
// (undo, selection, indentation, keys).
class CodeEditor final : public QWidget {
    Q_OBJECT
public:
    explicit CodeEditor(QWidget* parent = nullptr);

    QString text() const;
    // Replaces everything, forgets undo, and counts as unmodified.
    void setText(const QString& text);
    // Replaces everything as one step that can be undone (formatting).
    void replaceText(const QString& text);
    // By the file name's ending; JSON for "x.json".
    void setLanguageFor(const QString& fileName);
    void setReadOnly(bool readOnly);
    void setLineNumbersVisible(bool visible);

    bool isModified() const;
    void setModified(bool modified);

    // Words that are offered while one of them is being typed.
    void setCompletions(const QStringList& words);

    // Marks a line (from 1), puts the message below it and scrolls there.
    void showError(int line, const QString& message);
    void clearError();
    // Lays a ground behind some lines (from 1, the last one included): good or bad.
    void highlight(int firstLine, int lastLine, bool good);
    void clearHighlight();
    void undo();
    void redo();
    void goTo(int line, int column = 1);
    // Selects the next match, around the end; false when there is none.
    bool find(const QString& text, bool forward);

    // What tests and assistive tools see is the inner editor.
    void setIdentity(const QString& objectName, const QString& accessibleName);

Q_SIGNALS:
    void textChanged();
    void modificationChanged(bool modified);

protected:
    void changeEvent(QEvent* event) override;

private:
    void applyTheme();
    void colourLexer();
    void complete();

    QsciScintilla* m_editor;
    QsciLexer* m_lexer = nullptr;
    QStringList m_completions; // sorted
};

} // namespace gantry::widgets
